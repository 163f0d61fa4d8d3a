# shellcheck shell=bash

# Prints the real path of the first CPython of version $1 that runs and can import module $2: a pyenv
# shim may be on PATH and not work, and a system's Python may come without parts of its library.
find_python() {
  local version=$1 module=$2 candidate
  local candidates=()
  while IFS= read -r candidate; do
    candidates+=("$candidate")
    [[ $candidate != */shims/* ]] ||
      candidates+=("${candidate%%/shims/*}/versions/$version".*"/bin/python$version")
  done < <(type -ap "python$version" || true)
  candidates+=("${PYENV_ROOT:-${HOME:-}/.pyenv}/versions/$version".*"/bin/python$version")
  candidates+=("$(uv python find --no-python-downloads "$version" 2>/dev/null || true)")
  for candidate in "${candidates[@]}"; do
    "$candidate" -I -c "
import os, sys, $module
if sys.implementation.name != 'cpython' or '%d.%d' % sys.version_info[:2] != '$version':
    sys.exit(1)
print(os.path.realpath(sys.executable))" 2>/dev/null && return
  done
  return 1
}
