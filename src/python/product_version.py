"""The version of the product, the same for every service."""

VERSION = "0.1.0"
