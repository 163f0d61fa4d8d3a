"""`narralytica completion`."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Write the script that completes commands and options in SHELL.

    It asks the `narralytica` that is found on the PATH.

    \b
      source <(narralytica completion bash)         # in ~/.bashrc
      source <(narralytica completion zsh)          # in ~/.zshrc
      narralytica completion fish | source          # in config.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"no completion is known for {shell}")
    root = context.find_root()
    name = "narralytica"
    click.echo(kind(root.command, {}, name, f"_{name.upper()}_COMPLETE").source())
