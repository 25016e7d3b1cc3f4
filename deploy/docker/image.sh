#!/bin/sh
# Build the image of the present commit as an OCI archive and print its digest. The same commit, base
# image and builder give the same digest.
# usage: image.sh ARCHIVE
# Exit code 3: neither buildah with podman nor Docker's buildx is here.
set -eu
archive=$(realpath "$1")
cd "$(dirname "$0")/../.."
. deploy/docker/engine.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tree" "$STATE"
git -c tar.umask=0022 archive HEAD | tar -C "$work/tree" -x
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

if command -v buildah >/dev/null && command -v podman >/dev/null; then
    get_images $(base_images)
    with_buildah "$work/tree" --no-cache --timestamp "$SOURCE_DATE_EPOCH" --iidfile "$work/id"
    id=$(cat "$work/id")
    case $(buildah inspect --type image --format '{{.OCIv1.Config.Labels}}' "$id") in
        *stand-in:yes*) say "its base is a stand-in for the real one: for tests alone" ;;
    esac
    buildah push --quiet --digestfile "$work/digest" "$id" "oci:$work/layout"
    tar -C "$work/layout" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --mode=u=rwX,go=rX \
        --owner=0 --group=0 --numeric-owner -cf "$archive" .
    buildah rmi "$id" >/dev/null
    cat "$work/digest"
elif docker buildx inspect >/dev/null 2>&1; then # its builder must know type=oci
    docker buildx build --quiet --no-cache --provenance=false --metadata-file "$work/metadata" \
        --output "type=oci,dest=$archive,rewrite-timestamp=true" \
        --file "$work/tree/deploy/docker/Dockerfile" "$work/tree" >/dev/null
    sed -n 's/.*"containerimage.digest": "\([^"]*\)".*/\1/p' "$work/metadata"
else
    say "neither buildah with podman nor Docker's buildx is here"
    exit 3
fi
