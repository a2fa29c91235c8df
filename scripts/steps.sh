# Sourced by the scripts here: named steps with their seconds, and the name of the one that failed.
# Each step's output goes to $step_logs/<name>.log and is shown only when the step fails.

now_ms() { echo $(($(date +%s%N) / 1000000)); }

seconds_since() {
  local ms=$(($(now_ms) - $1))
  printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
}

# step NAME COMMAND...
step() {
  local name=$1 began log
  shift
  began=$(now_ms)
  log=$step_logs/$name.log
  printf '== %-12s ' "$name"
  local code=0
  ("$@") >"$log" 2>&1 </dev/null || code=$?
  if [ "$code" -ne 0 ]; then
    echo "FAILED after $(seconds_since "$began")"
    tail -n 60 "$log" | sed 's/^/   /'
    echo "The step '$name' failed (exit $code). Its whole output: $log" >&2
    exit 1
  fi
  echo "$(seconds_since "$began")"
}

# As many compilers as there are processors, and about 1.5 GB of memory for each.
build_jobs() {
  local cpus mem
  cpus=$(nproc)
  mem=$(awk '/^MemAvailable:/ {print int($2 / 1572864)}' /proc/meminfo)
  [ "${mem:-1}" -ge 1 ] || mem=1
  echo $((cpus < mem ? cpus : mem))
}

use_ccache() {
  export CCACHE_DIR=${CCACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/ccache}
  # Another checkout of the same sources finds what this one compiled.
  export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
  mkdir -p "$CCACHE_DIR"
}

# slowest_files BUILD-DIRECTORY: what took longest to compile or link there, by ninja's own log.
slowest_files() {
  [ -f "$1/.ninja_log" ] || return 0
  echo "The ten slowest files of $1:"
  awk 'NR > 1 && $2 - $1 > took[$4] { took[$4] = $2 - $1 }
    END { for (file in took) printf "  %6.1f s  %s\n", took[file] / 1000, file }' "$1/.ninja_log" |
    sort -rn | awk "NR <= 10" # not head: sort must not be cut off
}
