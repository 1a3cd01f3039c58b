# What ./run and ./test share: the Debian packages, the Python and the environment that the program stands on.
# Sourced, with the project as the current folder. It speaks on standard error only and reads nothing: standard input and output
# belong to the program, which may be a stream of commands.

STAMP=.venv/.stamp
# glib, GL, fonts and keyboard: what Qt links to even when it paints into memory.
OFFSCREEN_PACKAGES=(libglib2.0-0 libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 fonts-dejavu-core fonts-inter)
WINDOW_PACKAGES=(libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0 libcups2)

say() { printf '%s\n' "$*" >&2; }

# Holds the project for this process until let_go; a second ./run or ./test waits here while the first one installs.
hold() {
    # The folder itself is the lock: nothing to create, to ignore or to leave behind.
    exec 9<.
    if command -v flock >/dev/null && ! flock -n 9; then
        say "Another ./run or ./test is preparing the environment. Waiting for it."
        flock 9
    fi
}
let_go() { exec 9<&-; }

# What the environment was made from, and where: another lock file, another folder or another script makes it stale.
wanted_stamp() {
    sha256sum pyproject.toml requirements.lock scripts/ground.sh
    pwd -P
}

is_ready() {
    [[ -x .venv/bin/python && -f $STAMP && $(<"$STAMP") == "$(wanted_stamp)" ]]
}

# An interpreter counts when it runs (a pyenv shim may not), has the wanted version and the parts a home-made build may lack.
serves() {
    "$1" -c "import sys, ctypes, sqlite3, ssl, venv; sys.exit(f'{sys.version_info[0]}.{sys.version_info[1]}' != '$2')" \
        </dev/null >/dev/null 2>&1
}

# Sets PYTHON to the best Python there is.
find_python() {
    local version candidate
    shopt -s nullglob
    # 3.12 and newer get the newer Qt; 3.13 first, because it is tried most.
    for version in 3.13 3.12 3.14 3.11; do
        for candidate in "$(type -P "python$version")" ~/.pyenv/versions/"$version".*/bin/python3 \
            "$(type -P python3)" "/usr/bin/python$version"; do
            if [[ -n $candidate ]] && serves "$candidate" "$version"; then
                # The interpreter behind a shim or a link, so that the environment does not hang on somebody's PATH.
                PYTHON=$("$candidate" -c 'import sys; print(sys.executable)' </dev/null)
                shopt -u nullglob
                return
            fi
        done
    done
    say "Python 3.11, 3.12, 3.13 or 3.14 is needed and none was found. Install one (on Debian: apt-get install python3 python3-venv)."
    exit 1
}

is_installed() {
    # Newer Debian and Ubuntu call the same libraries ...t64.
    local state
    for state in $(dpkg-query -W -f '${db:Status-Status}\n' "$1" "$1t64" 2>/dev/null); do
        [[ $state == installed ]] && return
    done
    return 1
}

# Installs the named Debian packages that are missing, or says which they are and returns 1.
need_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || return 0
    local package missing=() as_root=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        if command -v sudo >/dev/null && sudo -n true </dev/null 2>/dev/null; then
            as_root=(sudo -n)
        else
            say "These Debian packages are missing, and installing them takes root: ${missing[*]}"
            say "Ask for: apt-get install ${missing[*]}"
            return 1
        fi
    fi
    say "Installing Debian packages: ${missing[*]}"
    local log
    log=$(mktemp)
    # A foreign list that cannot be fetched does not stop the packages that can.
    if ! { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "${missing[@]}"; } \
        </dev/null >"$log" 2>&1 9<&-; then # no service that a package starts may inherit the lock
        tail -n 15 "$log" >&2
        rm -f "$log"
        say "These Debian packages could not be installed: ${missing[*]}"
        return 1
    fi
    rm -f "$log"
}

# Whether .venv can be kept: it runs, its Python is one of ours, and it was made in this folder (its scripts name the folder).
venv_is_sound() {
    [[ $(sed -n 's/^command = .* -m venv //p' .venv/pyvenv.cfg 2>/dev/null) == *"$(pwd -P)/.venv" ]] &&
        .venv/bin/python -c 'import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
            </dev/null >/dev/null 2>&1
}

# Makes or mends .venv, so that the program starts from it. Costs some milliseconds when nothing changed.
ensure_environment() {
    is_ready && return
    hold
    # The other one may have done the work while this one waited.
    if ! is_ready; then
        rm -f "$STAMP"
        if ! venv_is_sound; then
            find_python
            # Debian keeps ensurepip in a package of its own.
            if ! "$PYTHON" -c 'import ensurepip' </dev/null >/dev/null 2>&1; then
                need_packages "$(debian_venv_package)" || exit 1
            fi
            say "Making the environment with $("$PYTHON" --version) ($PYTHON)."
            rm -rf .venv
            "$PYTHON" -m venv "$(pwd -P)/.venv" </dev/null >&2 || exit 1
        fi
        say "Installing the program's libraries (once; some minutes on a slow line)."
        pip_install -r requirements.lock &&
            pip_install --no-deps --no-build-isolation -e . || {
            say "The libraries could not be installed. Check the network and start again."
            exit 1
        }
        # Also where Python is told to write none: every start would compile the whole program again.
        .venv/bin/python -m compileall -q mfg_desktop .venv/lib >/dev/null
        wanted_stamp >"$STAMP"
    fi
    let_go
}

debian_venv_package() {
    if [[ $PYTHON == /usr/bin/* ]]; then
        "$PYTHON" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])' </dev/null
    else
        echo python3-venv
    fi
}

pip_install() {
    .venv/bin/python -m pip --disable-pip-version-check --no-input install --quiet "$@" </dev/null >&2
}

# Sees to Debian packages once per environment; the name keeps what ./run and ./test need apart.
ensure_packages() {
    local stamp=.venv/.packages-$1
    shift
    [[ -f $stamp && ! $stamp -ot $STAMP ]] && return
    hold
    need_packages "$@" || {
        let_go
        return 1
    }
    : >"$stamp"
    let_go
}
