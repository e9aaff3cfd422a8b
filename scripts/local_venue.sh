# shellcheck shell=bash
# Sourced by scripts that trade, or look, on this machine: the simulated venue behind TLS, with a
# certificate and an Ed25519 account made for it. With venue_tls=no: without TLS.

# Options of an engine that may lock its memory here, so that its hot threads touch no new page.
# shellcheck disable=SC2034  # for the caller
lock_options=()
if [[ $(ulimit -l) == unlimited ]] || ((EUID == 0)); then
  lock_options=(--set engine.lock_memory=yes)
fi

# start_local_venue FOLDER [OPTIONS OF mm_logic venue]: certificate, keys and log go into the
# folder. Then $venue is its process, $venue_url its address, ${venue_options[@]} what connects an
# engine to it, and the environment holds the account's key. The caller stops it: stop_local_venue.
start_local_venue() {
  local folder=$1 binary=${MM_LOGIC:-${root:?}/build/release/mm_logic} port s=s tls=()
  shift
  if [[ ${venue_tls:-yes} == no ]]; then
    s=
  else
    tls=(--tls-cert "$folder/tls.pem" --tls-key "$folder/tls.key")
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
      -subj "/CN=local venue" -addext "subjectAltName=IP:127.0.0.1,DNS:localhost" \
      -keyout "$folder/tls.key" -out "$folder/tls.pem" 2>/dev/null
  fi
  rm -f "$folder/venue.log" # of the one before
  "$binary" venue --listen 127.0.0.1:0 "${tls[@]}" --ed25519-keys "$folder/keys" "$@" \
    >"$folder/venue.log" 2>&1 &
  venue=$!
  for _ in $(seq 100); do
    if grep -qs '^serving' "$folder/venue.log"; then break; fi
    kill -0 "$venue" 2>/dev/null || fail "the venue ended: $(cat "$folder/venue.log")"
    sleep 0.1
  done
  port=$(sed -nE 's/^serving.*:([0-9]+)$/\1/p' "$folder/venue.log")
  MM_API_KEY=$(sed -nE 's/.*api_key ([^ ]+)  private key in .*/\1/p' "$folder/venue.log")
  [[ -n $port && -n $MM_API_KEY ]] || fail "the venue did not start: $(cat "$folder/venue.log")"
  # Locks and epochs of this account are no business of this host's real ones.
  export MM_API_KEY MM_PRIVATE_KEY_FILE=$folder/keys/ed25519_private.pem
  export XDG_STATE_HOME=$folder/state
  # shellcheck disable=SC2034  # for the caller
  venue_url=http$s://127.0.0.1:$port
  # shellcheck disable=SC2034
  venue_options=(--set venue.environment=local --set venue.allow_live=yes
    --set "venue.stream_url=ws$s://127.0.0.1:$port" --set "venue.rest_url=http$s://127.0.0.1:$port"
    --set "venue.ws_api_url=ws$s://127.0.0.1:$port/ws-api/v3")
  if [[ -n $s ]]; then venue_options+=(--set "venue.ca_file=$folder/tls.pem"); fi
}

# Ends it in order; its last line says what it served.
stop_local_venue() {
  if [[ -z ${venue:-} ]]; then return; fi
  kill "$venue" 2>/dev/null || :
  wait "$venue" 2>/dev/null || :
  venue=
}
