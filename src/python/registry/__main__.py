"""`./pants run //:contracts -- generate`: the one command after a change under `contracts/`."""

from registry.commands import contracts
from registry.generation import generate

if __name__ == "__main__":
    contracts.add_command(generate)
    contracts(prog_name="contracts")
