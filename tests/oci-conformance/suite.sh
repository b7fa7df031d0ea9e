# For `source`: starts registries, runs the conformance suite of the OCI distribution specification against them, and compares
# the results test by test. Who sources it has set `work`, a folder for what is temporary, and `results`, one for what is kept.
# When the shell ends, the servers are stopped and `work` is deleted.

suite=github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111
mkdir -p "$results" "$work/bin"
results=$(cd "$results" && pwd)
servers=()
trap 'stop; rm -rf "$work"' EXIT

# stop ends all servers that were started.
stop() {
    local server
    for server in "${servers[@]}"; do
        kill "$server" 2> /dev/null || true
        wait "$server" 2> /dev/null || true
    done
    servers=()
}

# install_suite builds the suite. It needs Go.
install_suite() {
    GOBIN=$work/bin go install "$suite"
}

# free_port prints a port that nobody listens on, below those that the system gives to connections.
free_port() {
    local port
    while :; do
        port=$((10000 + RANDOM % 20000))
        (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || break
    done
    echo "$port"
}

# wait_for PORT LOG waits until somebody listens, or shows the log.
wait_for() {
    local try
    for try in $(seq 300); do
        (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null && return 0
        sleep 0.1
    done
    echo "nobody listens:" >&2
    cat "$2" >&2
    return 1
}

# registry_config NAME PORT prints the configuration of a registry that keeps its images in a folder of that name.
registry_config() {
    cat <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $work/store-$1}
  delete: {enabled: true}
http: {addr: 127.0.0.1:$2}
END
}

# serve_registry NAME starts docker-registry with an empty store, and sets `registry` to its port.
serve_registry() {
    registry=$(free_port)
    registry_config "$1" "$registry" > "$work/$1.yml"
    docker-registry serve "$work/$1.yml" > "$results/$1.registry.log" 2>&1 &
    servers+=("$!")
    wait_for "$registry" "$results/$1.registry.log"
}

# run_suite NAME PORT runs the suite, and writes a line for each test with its result to NAME.tests.
run_suite() {
    (cd "$work" && OCI_REGISTRY=127.0.0.1:$2 OCI_TLS=disabled OCI_VERSION=1.1 OCI_LOG=error OCI_RESULTS_DIR=$results/$1 \
        bin/conformance) > "$results/$1.out" 2>&1 || true
    [ -e "$results/$1/junit.xml" ] || { cat "$results/$1.out" >&2; return 1; }
    grep -o '<testcase [^>]*>' "$results/$1/junit.xml" | sed -e 's/ time="[^"]*"//' -e 's/>$//' | sort > "$results/$1.tests"
    printf '%-10s %5d tests:' "$1" "$(wc -l < "$results/$1.tests")"
    grep -o 'status="[^"]*"' "$results/$1.tests" | sort | uniq -c | awk '{ gsub(/status=|"/, "", $2); printf " %d %s", $1, $2 } END { print "" }'
    [ -s "$results/$1.tests" ]
}

# same_results PLAIN GUARDED [EXCEPT] fails where one test has another result, but for those whose line has that pattern.
same_results() {
    diff <(grep -v "${3:-^$}" "$results/$1.tests") <(grep -v "${3:-^$}" "$results/$2.tests") \
        || { echo "these tests have another result ($2)" >&2; return 1; }
}

# Writes the two policies: one without a rule, and one that keeps every tag and allows deletes.
write_policies() {
    echo '{"version": 1, "rules": []}' > "$work/no-rule.json"
    cat > "$work/push-once.json" <<'END'
{"version": 1, "rules": [{"id": 1, "namespace": "*", "deletion": "allow",
  "protects": [{"repositories": {"matches": "**"}, "tags": {"matches": "**"}}]}]}
END
}
