variable "folder" {
  description = "The folder that make template has written."
  type        = string
  default     = "../../dist/template"
}

variable "packages_bucket" {
  description = "A bucket of yours that the code and the template go to, in the region of the stack."
  type        = string
}

variable "name" {
  description = "The stack's name. The functions' names begin with it."
  type        = string
  default     = "longhaul"
}

variable "jwt_issuer" {
  description = "The URL of your OpenID provider."
  type        = string
}

variable "jwt_audience" {
  description = "What its tokens are issued for."
  type        = string
}

variable "source_bucket" {
  description = "The bucket that holds the source files. Empty: the stack makes one."
  type        = string
  default     = ""
}

variable "archive_days" {
  description = "Days that an archive is kept."
  type        = number
  default     = 7
}

variable "parameters" {
  description = "Values for other parameters of the template (docs/reference/template.md)."
  type        = map(string)
  default     = {}
}
