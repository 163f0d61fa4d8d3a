"""What indexing event lines and finding an id costs, beside grep, jq and lnav."""
