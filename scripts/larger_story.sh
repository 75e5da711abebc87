# The larger story of scripts/run, which sources this file: a second verifier, a catalogue of 1,000,
# a supersession, a revocation that takes effect before anybody knew of it, a withdrawn
# accreditation. tell_larger_story needs the network up; judge_larger_story needs none.
# shellcheck shell=bash disable=SC2154 # demo, signer, show, say, signs are scripts/run's

days_from_today() { date --utc --date="$1 days" +%F; }

# The words of an attestation by the party that signs() named last.
attests() {
  attesting=(--body https://accreditation-body.example --accreditation "$1" --scope steel.cbam
    --scheme cbam --scheme-version 2025-2546 --standard iso14067-2018 --assurance reasonable
    --until "$(days_from_today +365)" "${signer[@]}" --policy "$demo/demo.policy")
}

entry_of() {
  footproof --json inspect "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["entry id"])'
}

make_footprints() {
  python3 - examples/steel-coil.pact3.json "$demo/footprints" <<'PYTHON'
import json
import pathlib
import sys

example = json.load(open(sys.argv[1]))
folder = pathlib.Path(sys.argv[2])
folder.mkdir()
for number in range(1000):
    example["productNameCompany"] = f"Hot-rolled coil {number:03}"
    example["pcf"]["pcfExcludingBiogenicUptake"] = f"2.{number:03}"
    (folder / f"coil-{number:03}.json").write_text(json.dumps(example, ensure_ascii=False))
PYTHON
}

second_verifier() {
  mkdir "$demo/parties/verifier-two"
  for usage in sign status; do
    local key="$demo/parties/verifier-two/$usage"
    footproof key new -o "$key.pem" --passphrase-file "$demo/parties/passphrase" >/dev/null
    footproof register request --key "$key.pem" --passphrase-file "$demo/parties/passphrase" \
      --party https://verifier-two.example --usage "$usage" --policy "$demo/demo.policy" \
      -o "$key.keyrequest" >/dev/null
  done
  signs accreditation-body sign
  show footproof accredit grant KR-0077 --verifier https://verifier-two.example \
    --scope steel.cbam:cbam:iso14067-2018:reasonable --effective "$(days_from_today -30)" \
    --until "$(days_from_today +700)" "${signer[@]}" -o "$demo/grant-two.statement"
  signs accreditation-body status
  for usage in sign status; do
    show footproof register add "$demo/parties/verifier-two/$usage.keyrequest" "${signer[@]}" \
      -o "$demo/key-two-$usage.statement"
  done
}

tell_larger_story() {
  say "6. A second verifier certifies a catalogue of 1,000 footprints: one signature, one entry."
  second_verifier
  make_footprints
  show footproof seal --catalogue "$demo/footprints" -o "$demo/sealed"
  signs verifier-two sign
  attests KR-0077
  show footproof attest --catalogue "$demo/sealed" -o "$demo/autumn.catalogue" \
    --issued "$(days_from_today -20)" "${attesting[@]}"

  say "7. The first verifier's better figure supersedes the coil's."
  sed 's/"pcfExcludingBiogenicUptake": *"[^"]*"/"pcfExcludingBiogenicUptake": "2098.7"/' \
    examples/steel-coil.pact3.json >"$demo/better.json"
  show footproof seal "$demo/better.json" -o "$demo/better.sealed"
  signs verifier sign
  attests KR-0042
  show footproof attest "$demo/better.sealed" -o "$demo/better.attested" \
    --supersedes "$(entry_of "$demo/coil.attested")" "${attesting[@]}"

  say "8. A misstatement in one footprint of the catalogue comes to light: revoked since 10 days ago."
  local member
  member=$(grep 'coil-007' "$demo/autumn.catalogue.members.csv" | cut --delimiter=, --fields=2)
  signs verifier-two status
  show footproof revoke "$(entry_of "$demo/autumn.catalogue")" --declaration "$member" \
    --reason misstatement --effective "$(days_from_today -10)" "${signer[@]}" \
    -o "$demo/revocation.statement"

  say "9. The second verifier loses its accreditation: past work stands, and every verdict says so."
  signs accreditation-body sign
  show footproof accredit withdraw KR-0077 --reason investigation "${signer[@]}" \
    -o "$demo/withdrawal.statement"
  for name in 007 008; do
    show footproof disclose "$demo/sealed/coil-$name.sealed" "$demo/autumn.catalogue" --refresh \
      --profile border -o "$demo/coil-$name.footproof"
  done
  show footproof disclose "$demo/coil.sealed" "$demo/coil.attested" --refresh \
    --profile cbam-declarant -o "$demo/superseded.footproof"
}

# Each verdict as its one word and exit code, which must be the ones given.
judge() {
  local exits=$1 code=0 verdict
  shift
  verdict=$(footproof --json verify "$@" --policy "$demo/demo.policy") || code=$?
  printf '  $ footproof verify %s\n    %s (exit %s)\n' "${*//$demo/demo}" \
    "$(python3 -c 'import json,sys; v=json.load(sys.stdin); print(v["verdict"], ", ".join(v.get("reservations", [])))' <<<"$verdict")" "$code"
  if [[ $code -ne $exits ]]; then
    echo "scripts/run: exit $code, not $exits; this is a bug" >&2
    exit 1
  fi
}

judge_larger_story() {
  say "13. The others, offline as well: superseded; its verifier accredited no more; revoked …"
  judge 1 "$demo/superseded.footproof"
  judge 1 "$demo/coil-008.footproof"
  judge 2 "$demo/coil-007.footproof"
  say "    … since 10 days ago, although nobody knew before today. Before that day it was in force."
  judge 2 "$demo/coil-007.footproof" --as-of "$(days_from_today -5)"
  judge 1 "$demo/coil-007.footproof" --as-of "$(days_from_today -15)"
}
