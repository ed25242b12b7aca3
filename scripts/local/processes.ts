// Child processes that never outlive their parent, and telling a process of ours from a stranger with the same number.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

let setpriv: boolean | undefined

const hasSetpriv = () => {
  setpriv ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0
  return setpriv
}

/** The command, wrapped on Linux so that the kernel ends it with its parent, however the parent ends. */
export function endingWithParent(command: string, args: string[], signal: 'KILL' | 'TERM' = 'KILL'): { command: string; args: string[] } {
  return hasSetpriv() ? { command: 'setpriv', args: ['--pdeathsig', signal, command, ...args] } : { command, args }
}

export interface ProcessIdentity {
  pid: number
  /** When the kernel started it, in the kernel's own unit: with the pid it names one process for ever. */
  started: string
  commandLine: string
}

/** Undefined when no such process runs. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    if (existsSync('/proc/self/stat')) {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      // Field 3 is the state (a zombie is over), field 22 the start time.
      if (fields[0] === 'Z') return undefined
      return { pid, started: fields[19] ?? '', commandLine: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() }
    }
    const line = execFileSync('ps', ['-o', 'lstart=,command=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return line === '' ? undefined : { pid, started: line.slice(0, 24), commandLine: line.slice(24).trim() }
  } catch {
    return undefined
  }
}

export function isStillRunning(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid)
  return now !== undefined && now.started === identity.started && now.commandLine === identity.commandLine
}

/** Ends it at once and waits until it is gone. A process that is not the one meant is left alone. */
export async function killAndWait(identity: ProcessIdentity, withinMs = 5000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (isStillRunning(identity)) {
    try {
      process.kill(identity.pid, 'SIGKILL')
    } catch {
      return
    }
    if (Date.now() > deadline) throw new Error(`Process ${identity.pid} (${identity.commandLine}) does not end.`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
