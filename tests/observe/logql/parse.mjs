// Reads a JSON array of LogQL queries from standard input. Writes an array of {"wrong": [text, …],
// "nodes": [name, …]}: what the grammar could not parse, and the nodes that it found.
import { readFileSync } from "node:fs";
import { parser } from "@grafana/lezer-logql";

const queries = JSON.parse(readFileSync(0, "utf8"));
const answers = queries.map((query) => {
  const wrong = [];
  const nodes = [];
  parser.parse(query).iterate({
    enter: (node) => {
      nodes.push(node.name);
      // Lezer goes on after an error, and marks it with a node.
      if (node.type.isError) wrong.push(query.slice(node.from, node.to + 10) || "the end");
    },
  });
  return { wrong, nodes };
});
process.stdout.write(JSON.stringify(answers));
