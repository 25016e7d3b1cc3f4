# Find a container engine, for the scripts beside this one, which source this file. It sets COMPOSE
# and, with podman, starts podman's service for the scripts' commands and builds missing images.

STATE=build/compose

say() { echo "containers: $*" >&2; }

find_compose() {
    if docker compose version >/dev/null 2>&1; then
        COMPOSE="docker compose"
    elif command -v docker-compose >/dev/null; then
        COMPOSE=docker-compose
    else
        say "neither 'docker compose' nor docker-compose is here: install one of them"
        exit 3
    fi
}

# Leave PODMAN empty where a Docker engine answers, else start podman's service.
find_engine() {
    PODMAN=
    if docker info >/dev/null 2>&1; then
        return
    fi
    if ! command -v podman >/dev/null || ! command -v buildah >/dev/null; then
        say "no Docker engine answers, and podman and buildah are not here: install either"
        exit 3
    fi
    PODMAN=yes
    mkdir -p "$STATE"
    without_systemd
    socket=$(pwd)/$STATE/podman-$$.sock
    DOCKER_HOST=unix://$socket
    export DOCKER_HOST
    setsid podman system service --time 0 "$DOCKER_HOST" </dev/null >"$STATE/podman.log" 2>&1 &
    SERVICE=$!
    wait_for 20 "podman's service" curl -sf --unix-socket "$socket" http://podman/_ping
}

# End what this script started; containers live on without it.
stop_engine() {
    for process in ${BEAT:-} ${SERVICE:-}; do
        kill "$process" 2>/dev/null || true
    done
    rm -f "$STATE/podman-$$.sock"
}

# Podman leaves control groups, logs of events and health checks to systemd where it runs.
without_systemd() {
    [ -d /run/systemd/system ] && return
    cat >"$STATE/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "netavark"
CONF
    CONTAINERS_CONF=$(pwd)/$STATE/containers.conf
    export CONTAINERS_CONF
}

# Run the health checks of podman's containers until stop_engine, where systemd does not.
start_health_checks() {
    if [ -z "$PODMAN" ] || [ -d /run/systemd/system ]; then
        return
    fi
    while sleep 2; do
        for container in $(podman ps --quiet); do
            timeout 20 podman healthcheck run "$container" || true
        done
    done >/dev/null 2>&1 &
    BEAT=$!
}

composed_images() {
    sed -n 's/^ *image: \([^ #]*\).*/\1/p' docker-compose.yml | grep -v ^localhost/
}

base_images() {
    sed -n 's/^FROM \([^ ]*\).*/\1/p' deploy/docker/Dockerfile | sort -u
}

# get_images NAME…: pull them. Where no registry of images is reached, build stand-ins.
get_images() {
    for image; do
        case $image in
            */*) name=docker.io/$image ;;
            *) name=docker.io/library/$image ;;
        esac
        podman image exists "$name" && continue
        if ! timeout 120 podman pull --quiet "$name" >/dev/null 2>&1; then
            say "$name cannot be pulled: building stand-ins from packages"
            sh deploy/docker/stand_ins/build.sh "$STATE/stand_ins"
            return
        fi
    done
}

# with_buildah FOLDER OPTION…: build the Dockerfile of a checkout
with_buildah() {
    folder=$1
    shift
    [ -d /run/systemd/system ] || isolation=chroot
    buildah bud --isolation "${isolation:-oci}" --pull-never --quiet "$@" \
        --file "$folder/deploy/docker/Dockerfile" "$folder" >"$STATE/build.log" 2>&1 ||
        { tail -20 "$STATE/build.log" >&2; exit 1; }
}

build_router() {
    if [ -n "$PODMAN" ]; then
        with_buildah . --layers --tag localhost/route311:latest
    else
        $COMPOSE build
    fi
}

# wait_for SECONDS WHAT COMMAND…
wait_for() {
    seconds=$1 what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        seconds=$((seconds - 1))
        [ "$seconds" -gt 0 ] || { say "$what is not ready in time"; return 1; }
        sleep 1
    done
}
