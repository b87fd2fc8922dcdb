// Longhaul in a CDK app: a stack of its own inside yours, of the template as it is.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { App, CfnOutput, CfnStack, Stack, type StackProps } from "aws-cdk-lib";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct } from "constructs";

interface LonghaulProps {
  /** The files that `make template` writes, or those of a release. */
  template: string;
  code: string;
  /** Values for the parameters of the template, which CloudFormation checks. */
  parameters: Record<string, string>;
}

class Longhaul extends Construct {
  /** The base URL of the API. */
  readonly apiUrl: string;
  /** The name of the bucket with the source files. */
  readonly sourceBucket: string;

  constructor(scope: Construct, id: string, props: LonghaulProps) {
    super(scope, id);
    const template = new Asset(this, "Template", { path: props.template });
    const code = new Asset(this, "Code", { path: props.code });
    const stack = new CfnStack(this, "Stack", {
      templateUrl: template.httpUrl,
      // The key of an asset is another one with each content, so the functions get new code.
      parameters: { CodeBucket: code.s3BucketName, CodeKey: code.s3ObjectKey, ...props.parameters },
    });
    this.apiUrl = stack.getAtt("Outputs.ApiUrl").toString();
    this.sourceBucket = stack.getAtt("Outputs.SourceBucket").toString();
  }
}

class Shop extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const longhaul = new Longhaul(this, "Longhaul", {
      template: published(/^template\.json$/),
      code: published(/^longhaul-.*-lambda\.zip$/),
      parameters: {
        Auth: "jwt",
        JwtIssuer: "https://issuer.example.com",
        JwtAudience: "longhaul",
        SourcePrefix: "orders/",
        ArchiveTtlDays: "14",
        MaxFilesPerJob: "5000",
      },
    });
    new CfnOutput(this, "LonghaulUrl", { value: longhaul.apiUrl });
    new CfnOutput(this, "LonghaulSourceBucket", { value: longhaul.sourceBucket });
  }
}

/** The path of the one file of that name that `make template` has written. */
function published(name: RegExp): string {
  const folder = new URL(`${process.env.LONGHAUL_TEMPLATE ?? "../../dist/template"}/`, import.meta.url);
  const found = readdirSync(folder).filter((file) => name.test(file));
  if (found.length !== 1) throw new Error(`${fileURLToPath(folder)} has no such file: ${name}`);
  return fileURLToPath(new URL(found[0]!, folder));
}

const app = new App();
new Shop(app, "shop");
