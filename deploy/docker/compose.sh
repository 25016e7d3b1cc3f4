#!/bin/sh
# Run the router of docker-compose.yml, with a Docker engine or with podman.
# usage: compose.sh up            build, start, wait until every service is ready
#          compose.sh down          stop, and delete the containers; the volumes stay
#          compose.sh test          up under another name, a smoke test, and down with the volumes
#          compose.sh run COMMAND…  a command that finds the engine by DOCKER_HOST
# Exit code 3: there is no engine here.
set -eu
cd "$(dirname "$0")/../.."
. deploy/docker/engine.sh

usage() {
    sed -n '3,6s/^# //p' "$0" >&2
    exit 2
}

# A file of secrets, filled with random ones where .env.example leaves them empty.
make_secrets() {
    [ -f "$1" ] && return
    say "writing $1 with random secrets"
    (
        umask 077
        while IFS= read -r line; do
            case $line in
                *PASSWORD= | *KEY=) echo "$line$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" ;;
                *) echo "$line" ;;
            esac
        done <.env.example >"$1.new"
    )
    mv "$1.new" "$1"
}

up() {
    make_secrets "$SECRETS"
    [ -z "$PODMAN" ] || get_images $(composed_images) $(base_images)
    build_router
    began=$(date +%s)
    start_health_checks
    compose up -d --no-build || {
        compose logs --tail 30 >&2
        return 1
    }
    for port in 8311 8312 8313; do
        wait_for 180 "the service on port $port" curl -sf -m 5 "http://127.0.0.1:$port/ready" || {
            compose logs --tail 20 >&2
            return 1
        }
    done
    wait_for 60 "the proxy" curl -sk -m 5 https://localhost:8443/report || return 1
    say "ready after $(($(date +%s) - began)) s; pages: https://localhost:8443, adapters: http://127.0.0.1:8311, mails: http://127.0.0.1:8025"
}

compose() {
    $COMPOSE -p "$PROJECT" --env-file "$SECRETS" -f docker-compose.yml --profile tls "$@"
}

remove_all() {
    compose down -v >/dev/null 2>&1 || true
    if [ -n "$PODMAN" ]; then # a container that is just starting again outlives the first try
        podman ps -aq --filter "label=com.docker.compose.project=$PROJECT" |
            xargs -r podman rm -f >/dev/null 2>&1 || true
        compose down -v >/dev/null 2>&1 || true
    fi
}

PROJECT=route311 SECRETS=.env
trap stop_engine EXIT
case ${1:-} in
    up)
        find_compose
        find_engine
        up
        ;;
    down)
        find_compose
        find_engine
        compose down
        ;;
    test)
        PROJECT=route311-test SECRETS=build/compose/test.env
        find_compose
        find_engine
        mkdir -p build/compose
        trap 'remove_all; stop_engine' EXIT
        up
        ROUTE311_COMPOSE="$COMPOSE -p $PROJECT --env-file $SECRETS --profile tls" \
            .venv/bin/python -m pytest -q tests/containers
        ;;
    run)
        shift
        [ $# -gt 0 ] || usage
        find_engine
        if [ -n "$PODMAN" ]; then # whose service testcontainers cannot clean up by its own means
            get_images $(composed_images)
            export TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_CONNECTION_MODE=docker_host
        fi
        "$@"
        ;;
    *) usage ;;
esac
