#!/bin/sh
# Proves that the protocol crates work without std and without an allocator: links them into an executable that has neither,
# runs it, and looks at its symbols. Then proves that the proof can fail. Linux on x86-64, a C compiler, nm.
set -eu
cd "$(dirname "$0")"
target="${CARGO_TARGET_DIR:-target}"

# Builds the library with the given features and links it; fails if anything is missing.
link() {
    cargo build --quiet --release --locked "$@" &&
        cc -O2 -Wall -Wextra -Werror -ffreestanding -fno-builtin -fno-stack-protector -fno-pie \
            -nostdlib -nostartfiles -static -no-pie -Wl,--fatal-warnings -Wl,-z,noexecstack \
            ${define:-} start.c "$target/release/libno_std_probe.a" -o "$target/probe"
}

# Object files of std or alloc in the library; symbols of them or of an allocator in the executable.
foreign() {
    ar t "$2" | grep -E '^(std|alloc)-' ||
        nm -C "$1" | grep -E '__rust_(alloc|dealloc|realloc)|__rg_|\bstd::|\balloc::(alloc|raw_vec|vec|string|boxed)|\bmalloc\b'
}

link
"$target/probe"
if foreign "$target/probe" "$target/release/libno_std_probe.a"; then
    echo "the above is of std or of an allocator" >&2
    exit 1
fi
echo "no std, no alloc: linked, ran, $(wc -c <"$target/probe") octets"

define=-DWITH_ALLOC
link --features alloc
"$target/probe"
if ar t "$target/release/libno_std_probe.a" | grep -E '^std-' || nm -C "$target/probe" | grep -E '\bstd::'; then
    echo "the above is of std" >&2
    exit 1
fi
echo "no std, with an allocator: linked, ran, $(wc -c <"$target/probe") octets"
define=

for feature in break-std break-alloc; do
    if link --features "$feature" >"$target/$feature.log" 2>&1; then
        echo "linked with the feature $feature: this proves nothing" >&2
        exit 1
    fi
    reason=$(grep -m 1 -E '^error.*(panic_impl|global memory allocator)' "$target/$feature.log") || {
        cat "$target/$feature.log" >&2
        echo "$feature fails, but for another reason" >&2
        exit 1
    }
    echo "$feature fails as it should: $reason"
done
