"""The `ivr` command: thin subcommands over the layers below."""
