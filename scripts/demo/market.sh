# shellcheck shell=bash
# Sourced by the demos of market data: `mm_logic watch` against a venue, by default the local one,
# which is started for the demo and stopped with it.
source "${root:?}/scripts/local_venue.sh"

# watch_market SOURCE SECONDS [--venue NAME] [OPTION ...]
watch_market() {
  local source=$1 name=local length=(--seconds "$2") options=()
  shift 2
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --venue)
        [[ $# -ge 2 ]] || fail "--venue needs a name: local, production, testnet or demo"
        name=$2
        shift
        ;;
      --venue=*) name=${1#*=} ;;
      --seconds | --seconds=*)
        length=()
        options+=("$1")
        ;;
      *) options+=("$1") ;;
    esac
    shift
  done
  case "$name" in local | production | testnet | demo) ;; *) fail "unknown venue $name" ;; esac
  "${root:?}/scripts/setup"
  "$root/scripts/build"
  venue_options=(--set "venue.environment=$name")
  if [[ $name == local ]]; then
    folder=$(mktemp -d)
    trap 'stop_local_venue; rm -rf "$folder"' EXIT
    start_local_venue "$folder"
  fi
  "$root/build/release/mm_logic" watch -c "$root/config.ini" "${length[@]}" \
    --set venue.symbols=BTCUSDT --set feed.source="$source" \
    "${venue_options[@]}" "${options[@]}"
}
