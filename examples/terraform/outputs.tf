output "api_url" {
  description = "The base URL of the API."
  value       = aws_cloudformation_stack.longhaul.outputs["ApiUrl"]
}

output "source_bucket" {
  description = "The bucket with the source files."
  value       = aws_cloudformation_stack.longhaul.outputs["SourceBucket"]
}
