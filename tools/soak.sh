#!/usr/bin/env bash
# Trains for many minutes under restarts, and checks that memory stays flat and no bit is lost.
#
#   tools/soak.sh 60               for an hour
#   tools/soak.sh 60 PROGRAM       with another program than build/scangrad
#
# Two processes train the same network side by side. One is left alone, with one thread. The other is ended again and
# again, by SIGTERM and by SIGKILL in turn, and goes on with 1, 2, 3, 4, 1, ... threads. Every five seconds the resident
# memory of both is noted. In the end the second catches up with the first, and three lines sum up:
#
#   soak: 60 minutes, 184000 steps, 24 restarts (12 by SIGKILL) with 1, 2, 3 and 4 threads in turn
#   memory: 24.1 MB after 1000 steps, 24.1 MB at the end (+0.0 %); in the second half of a restarted process at most +0.2 %
#   weights: the same bits as without a restart and with one thread
#
# The exit status is 1 where memory grew by more than 1 % or a bit differs. Both runs and memory.csv lie in runs/soak.

source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
case ${1-} in
  -h | --help) usage && exit ;;
  *[!0-9]* | '' | 0*) die "the time is '${1-}', but a whole number of minutes is needed" ;;
esac
seconds=$((60 * $1)) program=${2-$root/build/scangrad} folder=$root/runs/soak
[[ -x $program ]] || die "$program is not there; tools/quickstart.sh builds it"
rm -rf "$folder"
mkdir -p "$folder"
cp "$program" "$folder/scangrad" # a build meanwhile does not replace it
program=$folder/scangrad
life=$((seconds / 24 > 20 ? seconds / 24 : 20)) # of a process that is restarted
export MALLOC_ARENA_MAX=1                       # else each thread gets an arena when it likes, 1 % of all memory
trap '[[ $BASHPID != "$$" ]] || kill -9 "${alone-}" "${again-}" 2>/dev/null || true' EXIT

# start NAME OPTION...: trains in a folder, or goes on there, in the background. The rate of learning is constant:
# one that falls would depend on the number of steps asked for.
start() {
  local run=$folder/$1 from=(--resume "$folder/$1")
  [[ -f $run/config.json ]] || from=(--preset quick --out "$run" --length 60 --dim 32 --batch 16 --dropout 0.1 --lr 1e-3
    --min-lr 1e-3 --warmup 0 --eval-every 500 --validation-examples 256 --log-every 500 --save-every 250)
  "$program" train copy "${from[@]}" "${@:2}" >>"$run.log" 2>&1 &
}

# The newest step of a run that a line of its metrics names.
newest_step() { tail -n 1 "$folder/$1/metrics.csv" 2>/dev/null | grep -oE '^[0-9]+' || echo 0; }
saved_step() { grep -oE '(interrupted|trained) after [0-9]+' "$folder/$1.log" | tail -n 1 | grep -oE '[0-9]+'; }

# end SIGNAL PID: without a word of the shell's about it.
end() { kill -"$1" "$2" && { wait "$2" || true; } 2>/dev/null; }

# note NAME PID THREADS: one line for memory.csv; KiB.
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
  kill -0 "$alone" 2>/dev/null || die "the run that was left alone has ended: $(tail -n 1 "$folder/alone.log")"
  ((SECONDS - born >= life)) || continue
  if ((restarts % 2 == 0)); then end TERM "$again"; else end KILL "$again" && ((kills += 1)); fi
  ((restarts += 1, threads = restarts % 4 + 1, born = SECONDS))
  start again --threads "$threads" --steps 1000000000
  again=$!
done

# The one that was left alone ends no earlier than the other, which goes on to the same step.
end TERM "$again"
until (($(newest_step alone) > $(saved_step again))); do sleep 1 && note alone "$alone" 1; done
end TERM "$alone"
steps=$(saved_step alone)
start again --threads 2 --steps "$steps"
wait $! || die "the run does not come to its end: $(tail -n 1 "$folder/again.log")"

# growth NAME [STEPS]: what a process had after half of its steps, or so many where these are fewer, what in the end,
# and by how much it grew.
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
# The weights and moments: the numbers of a state behind its header and the ten words of the loop.
numbers() { tail -c +$((8 + $(od -An -tu8 -N8 "$folder/$1/train.safetensors") + 80 + 1)) "$folder/$1/train.safetensors"; }

read -r first last rise < <(growth alone 1000)
read -r _ _ worst < <(growth again)
echo "soak: $((SECONDS / 60)) minutes, $steps steps, $restarts restarts ($kills by SIGKILL) with 1, 2, 3 and 4 threads in turn"
echo "memory: $first MB after 1000 steps, $last MB at the end ($rise %); in the second half of a restarted process at most $worst %"
failed=0
awk -v a="$rise" -v b="$worst" 'BEGIN { exit !(a <= 1 && b <= 1) }' || failed=1
if cmp -s <(numbers alone) <(numbers again); then
  echo "weights: the same bits as without a restart and with one thread"
else
  echo "weights: they differ" && failed=1
fi
exit $failed
