#!/usr/bin/env bash
# A long test: trains for many minutes with restarts, and checks that memory does not grow and that the weights are the
# same, bit by bit, as without restarts.
#
#   tools/soak.sh 60               for 60 minutes
#   tools/soak.sh 60 PROGRAM       with another program than build/scangrad
#
# Two processes train the same network at the same time. The first one has one thread and is not interrupted. The second
# one is stopped again and again, by SIGTERM and SIGKILL in turn, and resumed with 1, 2, 3, 4, 1, ... threads. Every five
# seconds the resident memory of both is recorded. At the end the second run is resumed up to the same step as the first.
# The summary has three lines:
#
#   soak: 60 minutes, 184000 steps, 24 restarts (12 by SIGKILL) with 1, 2, 3 and 4 threads in turn
#   memory: 24.1 MB after 1000 steps, 24.1 MB at the end (+0.0 %); restarted processes: at most +0.2 % in their second half
#   weights: the same bits as without restarts and with one thread
#
# The exit status is 1 if memory grew by more than 1 % or if a bit differs. Both runs and memory.csv are in runs/soak.

source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
case ${1-} in
  -h | --help) usage && exit ;;
  *[!0-9]* | '' | 0*) die "the duration is '${1-}', but a whole number of minutes is needed" ;;
esac
seconds=$((60 * $1)) program=${2-$root/build/scangrad} folder=$root/runs/soak
[[ -x $program ]] || die "$program does not exist; tools/quickstart.sh builds it"
rm -rf "$folder"
mkdir -p "$folder"
cp "$program" "$folder/scangrad" # a copy, so that a new build does not change the test
program=$folder/scangrad
life=$((seconds / 24 > 20 ? seconds / 24 : 20)) # seconds between two restarts
export MALLOC_ARENA_MAX=1                       # otherwise malloc adds arenas for threads, which are 1 % of the memory
trap '[[ $BASHPID != "$$" ]] || kill -9 "${alone-}" "${again-}" 2>/dev/null || true' EXIT

# start NAME OPTION...: starts or resumes a run in the background. The learning rate is constant, because a schedule would
# depend on the number of steps.
start() {
  local run=$folder/$1 from=(--resume "$folder/$1")
  [[ -f $run/config.json ]] || from=(--preset quick --out "$run" --length 60 --dim 32 --batch 16 --dropout 0.1 --lr 1e-3
    --min-lr 1e-3 --warmup 0 --eval-every 500 --validation-examples 256 --log-every 500 --save-every 250)
  "$program" train copy "${from[@]}" "${@:2}" >>"$run.log" 2>&1 &
}

# The newest step in the metrics of a run.
newest_step() { tail -n 1 "$folder/$1/metrics.csv" 2>/dev/null | grep -oE '^[0-9]+' || echo 0; }
saved_step() { grep -oE '(interrupted|trained) after [0-9]+' "$folder/$1.log" | tail -n 1 | grep -oE '[0-9]+'; }

# end SIGNAL PID: stops a process, without the message that the shell prints about it.
end() { kill -"$1" "$2" && { wait "$2" || true; } 2>/dev/null; }

# note NAME PID THREADS: appends a line to memory.csv, with the resident memory in KiB.
note() {
  local rss
  rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$2/status" 2>/dev/null) || return 0
  [[ -z $rss ]] || echo "$1,$2,$3,$(newest_step "$1"),$rss" >>"$folder/memory.csv"
}

echo "run,pid,threads,step,kib" >"$folder/memory.csv"
start alone --threads 1 --steps 1000000000
alone=$! restarts=0 kills=0 threads=1 born=$SECONDS
start again --threads 1 --steps 1000000000
again=$!
while ((SECONDS < seconds)); do
  sleep 5
  note alone "$alone" 1
  note again "$again" "$threads"
  kill -0 "$alone" 2>/dev/null || die "the run without restarts has ended: $(tail -n 1 "$folder/alone.log")"
  ((SECONDS - born >= life)) || continue
  if ((restarts % 2 == 0)); then end TERM "$again"; else end KILL "$again" && ((kills += 1)); fi
  ((restarts += 1, threads = restarts % 4 + 1, born = SECONDS))
  start again --threads "$threads" --steps 1000000000
  again=$!
done

# The first run is stopped at a later step than the second, which is then resumed up to the same step.
end TERM "$again"
until (($(newest_step alone) > $(saved_step again))); do sleep 1 && note alone "$alone" 1; done
end TERM "$alone"
steps=$(saved_step alone)
start again --threads 2 --steps "$steps"
wait $! || die "the run did not finish: $(tail -n 1 "$folder/again.log")"

# growth NAME [STEPS]: the memory in MB of a process after half of its steps, or after STEPS if that is earlier; the memory
# at its end; the growth in percent. Of several processes the one that grew most.
growth() {
  awk -F, -v run="$1" -v steps="${2-1e18}" '
    $1 == run { last[$2] = $5; n[$2]++; at[$2, n[$2]] = $4; kib[$2, n[$2]] = $5 }
    END {
      worst = -1e9
      for (pid in last) {
        half = (at[pid, 1] + at[pid, n[pid]]) / 2
        early = half < at[pid, 1] + steps ? half : at[pid, 1] + steps
        for (i = 1; at[pid, i] < early; ++i);
        rise = 100 * (last[pid] / kib[pid, i] - 1)
        if (rise > worst) { worst = rise; first = kib[pid, i]; end = last[pid] }
      }
      printf "%.1f %.1f %+.1f\n", first * 1024 / 1e6, end * 1024 / 1e6, worst
    }' "$folder/memory.csv"
}
# The weights and moments of a saved state: the bytes after the header of the file and the ten words of the loop.
numbers() { tail -c +$((8 + $(od -An -tu8 -N8 "$folder/$1/train.safetensors") + 80 + 1)) "$folder/$1/train.safetensors"; }

read -r first last rise < <(growth alone 1000)
read -r _ _ worst < <(growth again)
echo "soak: $((SECONDS / 60)) minutes, $steps steps, $restarts restarts ($kills by SIGKILL) with 1, 2, 3 and 4 threads in turn"
echo "memory: $first MB after 1000 steps, $last MB at the end ($rise %); restarted processes: at most $worst % in their second half"
failed=0
awk -v a="$rise" -v b="$worst" 'BEGIN { exit !(a <= 1 && b <= 1) }' || failed=1
if cmp -s <(numbers alone) <(numbers again); then
  echo "weights: the same bits as without restarts and with one thread"
else
  echo "weights: they differ" && failed=1
fi
exit $failed
