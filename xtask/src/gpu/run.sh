#!/usr/bin/env bash
# Checks, benchmarks and trains on a GPU within a time limit: gpu/run.sh [--device cpu|cuda] [--jobs N] SECONDS OUT
#
# OUT gets the weights and the card of every model in plan.toml, table.txt, cuda.json if Python has PyTorch,
# and the runs' checkpoints. After Ctrl-C or a kill, the same command with the same OUT continues.
# Each job is a separate process group (-m), so that it gets each signal exactly once, from here.
set -um

say() { printf '%s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
usage="usage: $0 [--device cpu|cuda] [--jobs N] SECONDS OUT"

device=cuda
jobs=()
while [[ ${1-} == --* ]]; do
    case $1 in
        --device) device=${2-} ;;
        --jobs) jobs=(--jobs "${2-}") ;;
        *) fail "there is no option $1; $usage" ;;
    esac
    shift 2 || fail "$usage"
done
[[ $# == 2 ]] || fail "$usage"
[[ $1 =~ ^[1-9][0-9]*$ ]] || fail "SECONDS is a whole number above 0, not $1; $usage"
[[ $device == cpu || $device == cuda ]] || fail "--device is cpu or cuda, not $device"
deadline=$((SECONDS + $1))
mkdir -p "$2/work" || fail "$2 can't be made"
out=$(cd "$2" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$out/work
latentscope=$work/latentscope

left() { say $((deadline - SECONDS)); }

# Runs a command in the background, so that signals can be forwarded; sets `status` to its exit status.
stopped=
job=
run() {
    if [[ $stopped ]]; then
        status=130
        return
    fi
    "$@" &
    job=$!
    # A signal ends `wait` early; the job ends when it has written its checkpoints.
    while wait "$job"; status=$?; kill -0 "$job" 2>/dev/null; do :; done
    job=
}
pass_on() {
    stopped=1
    [[ -z $job ]] || kill -TERM -- "-$job" 2>/dev/null
}
trap pass_on INT TERM HUP

# A failed job prints its own error; this explains the consequence.
must() {
    local sentence=$1
    shift
    run "$@"
    [[ -z $stopped ]] || exit 130
    [[ $status == 0 ]] || fail "$sentence"
}

# Folders of CUDA libraries in addition to the loader's own: PyTorch's wheels, a toolkit, and last the
# pack's libraries, which both may lack.
libraries() {
    python3 - 2>/dev/null <<'PYTHON'
import glob, os, sys
for folder in sys.path:
    print(*glob.glob(os.path.join(folder, "nvidia", "*", "lib")), sep="\n")
PYTHON
    printf '%s\n' /usr/local/cuda*/lib64 /usr/local/nvidia/lib64 "$here/lib"
}
found=$(libraries | while read -r folder; do [[ -d $folder ]] && printf '%s:' "$folder"; done)
export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}${found%:}

for program in latentscope xtask; do
    gzip -dc "$here/bin/$program.gz" >"$work/$program.new" && chmod +x "$work/$program.new" &&
        mv "$work/$program.new" "$work/$program" || fail "$here/bin/$program.gz could not be unpacked"
done
if ! complaint=$("$latentscope" --version 2>&1); then
    library=$(sed -n 's/.*loading shared libraries: \([^:]*\):.*/\1/p' <<<"$complaint")
    case $library in
        libcuda.so*) fail "$library was not found: this machine has no NVIDIA driver" ;;
        lib*) fail "$library was not found: install it (pip install nvidia-cublas), or set LD_LIBRARY_PATH to its folder" ;;
        *) fail "the program does not start here: $complaint" ;;
    esac
fi

say "1. Gradients"
printf 'largest difference from the CPU, as a share of the largest gradient: '
must "the gradients could not be checked" "$latentscope" device check --device "$device"

say "2. Benchmark"
bench() {
    CARGO_MANIFEST_DIR=$here/xtask CARGO_TARGET_DIR=$work LATENTSCOPE_BIN=$latentscope LATENTSCOPE_ROUNDS=2 \
        "$work/xtask" bench cuda
}
if [[ $device == cpu ]]; then
    say "left out: it needs a GPU"
elif [[ -f $out/cuda.json ]]; then
    say "left out: $out/cuda.json is there"
elif (($(left) < 240)); then
    say "left out: it takes up to two minutes, and $(left) s are left"
elif ! python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
    say "left out: python3 has no PyTorch that sees the GPU"
else
    run bench
    if [[ $status == 0 ]]; then
        cp "$work/bench/cuda.json" "$out/cuda.json"
    elif [[ -z $stopped ]]; then
        say "the benchmark failed; training goes on"
    fi
fi

# Processes on one GPU take turns, unless NVIDIA's MPS runs their kernels concurrently.
mps=
stop_mps() {
    [[ $mps ]] || return 0
    printf 'quit\n' | nvidia-cuda-mps-control >/dev/null 2>&1
    rm -rf "$mps"
    mps=
    unset CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
}
trap stop_mps EXIT
if [[ $device == cuda && -z $stopped ]] && command -v nvidia-cuda-mps-control >/dev/null; then
    # In a separate folder, because a socket's path must be short.
    mps=$(mktemp -d)
    export CUDA_MPS_PIPE_DIRECTORY=$mps CUDA_MPS_LOG_DIRECTORY=$mps
    status=1
    nvidia-cuda-mps-control -d >/dev/null 2>&1 &&
        run timeout 30 "$latentscope" device check --device cuda >/dev/null 2>&1
    [[ $status == 0 ]] || stop_mps
fi

say "3. Training, $(left) s"
(($(left) > 1)) || fail "no time is left to train; give more seconds"
run "$latentscope" runs "$here/plan.toml" --out "$out" --seconds "$(left)" "${jobs[@]}" --device "$device"
[[ -z $stopped && $status != 130 ]] || say "stopped; run the same command to continue"
exit "$status"
