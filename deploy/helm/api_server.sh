#!/bin/sh
# Builds etcd and kube-apiserver from their Go modules into a folder: api_server.sh FOLDER
# kube-apiserver names the modules of its own repository by version 0, which `replace` resolves.
set -eu
folder=$1 kubernetes=1.37.2 etcd=3.7.3
mkdir -p "$folder/source/kubernetes" "$folder/source/etcd"
export GOFLAGS=-mod=mod

cd "$folder/source/kubernetes"
found=$(GOWORK=off go mod download -json "k8s.io/kubernetes@v$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
{
    printf 'module trial\n\n%s\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' \
        "$(grep '^go ' "$found")" "$kubernetes"
    sed -n "s/^\t\(k8s.io[^ ]*\) v0.0.0\$/\t\1 => \1 v0.${kubernetes#1.}/p" "$found"
    printf ')\n'
} >go.mod
go build -o "$folder/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver

cd "$folder/source/etcd"
printf 'module trial\n\ngo 1.26\n\nrequire go.etcd.io/etcd/server/v3 v%s\n' "$etcd" >go.mod
go build -o "$folder/etcd" go.etcd.io/etcd/server/v3
