#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A terminal for tool_watch.sh: tool_pty.py ROWSxCOLUMNS ACTION,... COMMAND...

Runs the command on a terminal of that size. Each time that it has drawn a whole screen it
does the next action: "resize:ROWSxCOLUMNS", "stop" (Ctrl-Z, and has it go on), "sh:COMMAND",
"wait" for another screen, or keys, with ^C as one. Prints what the command has written, then its exit
status and whether the terminal's modes are what they were before.
"""

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios

DRAWN = b"\x1b[J"


def resize(fd, size):
    rows, columns = map(int, size.split("x"))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def act(action, fd, pid):
    if action.startswith("resize:"):
        resize(fd, action.split(":")[1])
        os.kill(pid, signal.SIGWINCH)
    elif action == "stop":
        os.write(fd, b"\x1a")
        _, status = os.waitpid(pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), "it has not stopped"
        print("MODES", termios.tcgetattr(fd)[3] & (termios.ICANON | termios.ECHO) != 0)
        os.kill(pid, signal.SIGCONT)
    elif action.startswith("sh:"):
        assert os.system(action[3:]) == 0
    elif action != "wait":
        os.write(fd, action.replace("^C", "\x03").encode())


def main():
    size, actions, *command = sys.argv[1:]
    actions = [action for action in actions.split(",") if action]
    go, begin = os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        # Nothing changes before the parent has seen it as it is.
        os.read(go, 1)
        # The size is set before anything asks for it.
        resize(0, size)
        os.execvp(command[0], command)
    before = termios.tcgetattr(fd)
    os.write(begin, b"x")
    output, drawn = b"", 0
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            piece = b""
        if not piece:
            break
        output += piece
        while drawn < output.count(DRAWN):
            drawn += 1
            if actions:
                act(actions.pop(0), fd, pid)
    _, status = os.waitpid(pid, 0)
    screens = output.decode().split("\x1b[H")
    for screen in screens:
        print(re.sub(r"\x1b\[[KJ]|\r", "", screen).replace("\x1b", "ESC"))
        print("SCREEN")
    print("STATUS", os.waitstatus_to_exitcode(status), "LEFT", actions)
    print("MODES", before[3] == termios.tcgetattr(fd)[3])


main()
