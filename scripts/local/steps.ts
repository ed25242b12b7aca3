// Runs the tools that check the project: one after another, each named, with its output only where it matters.

import { spawn } from 'node:child_process'
import { root } from './state-dir.ts'

export interface Step {
  name: string
  command: string
  args: string[]
  /** Shown as it comes; otherwise only when the step fails. */
  isStreamed?: boolean
}

/** The exit code; 1 when the command could not be run at all. */
export async function runStep({ name, command, args, isStreamed }: Step): Promise<number> {
  const startedAt = Date.now()
  const output: Buffer[] = []
  const code = await new Promise<number>((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', isStreamed ? 'inherit' : 'pipe', isStreamed ? 'inherit' : 'pipe'],
      // What these tools would fetch or report has no place in a check that must work offline.
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: process.env.WRANGLER_LOG ?? 'error' },
    })
    child.stdout?.on('data', (chunk) => output.push(chunk))
    child.stderr?.on('data', (chunk) => output.push(chunk))
    child.on('error', (error) => {
      output.push(Buffer.from(error.message))
      resolve(1)
    })
    child.on('exit', (exitCode) => resolve(exitCode ?? 1))
  })
  if (code !== 0) process.stdout.write(Buffer.concat(output))
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  return code
}
