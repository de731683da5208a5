# What demo.sh and test.sh share: sourced, it goes to the project, and offers to install what a bare Debian 12 lacks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

PATH=$PATH:/usr/sbin:/sbin
need=()

# wants PROGRAM PACKAGE...: without the program these packages are installed by `installs`.
wants() {
    command -v "$1" >/dev/null || need+=("${@:2}")
}

# Installs whatever was found to be missing.
installs() {
    ((${#need[@]})) || return 0
    local sudo=sudo
    [ "$(id -u)" = 0 ] && sudo=
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq --no-install-recommends "${need[@]}"
}

# A compiler of C: some of what dangri is built from is written in it.
wants cc build-essential
wants make build-essential
command -v cargo >/dev/null || {
    echo "没有找到 cargo：请先用 rustup 装好 Rust 1.95 或更新的版本，再运行一次。" >&2
    exit 1
}
