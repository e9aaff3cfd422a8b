# shellcheck shell=bash
# Sourced by every script: where the project is, and --help from the script's own first comment.

# shellcheck disable=SC2034  # used by the scripts that source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
fail() { say "${0##*/}: $*"; exit 2; }

# Prints the comment below the first line of the script and ends, if asked for help.
help_if_asked() {
  case "${1:-}" in -h | --help) ;; *) return 0 ;; esac
  awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
  exit 0
}
