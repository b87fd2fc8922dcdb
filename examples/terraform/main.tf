# Longhaul in a Terraform configuration: CloudFormation deploys the template as it is.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

data "aws_s3_bucket" "packages" {
  bucket = var.packages_bucket
}

# Another content is another key, so the functions get the new code.
resource "aws_s3_object" "code" {
  bucket = data.aws_s3_bucket.packages.id
  key    = "longhaul/${filemd5(local.code)}.zip"
  source = local.code
}

# Through S3: in a request, a template may have 51,200 bytes only.
resource "aws_s3_object" "template" {
  bucket = data.aws_s3_bucket.packages.id
  key    = "longhaul/${filemd5(local.template)}.json"
  source = local.template
}

resource "aws_cloudformation_stack" "longhaul" {
  name         = var.name
  template_url = "https://${data.aws_s3_bucket.packages.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

  parameters = merge(var.parameters, {
    CodeBucket           = aws_s3_object.code.bucket
    CodeKey              = aws_s3_object.code.key
    Auth                 = "jwt"
    JwtIssuer            = var.jwt_issuer
    JwtAudience          = var.jwt_audience
    ExistingSourceBucket = var.source_bucket
    ArchiveTtlDays       = var.archive_days
  })
}

locals {
  code     = "${var.folder}/${one(fileset(var.folder, "longhaul-*-lambda.zip"))}"
  template = "${var.folder}/template.json"
}
