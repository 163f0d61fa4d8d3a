"""The plugin in a repository of another name: by Pants' rule-testing kit, and by Pants itself."""
