// nginx serving the same bytes from files, where it is installed: on a configuration and in a directory of its own, from
// the page cache by sendfile. One process, as workerd serves requests on one thread; no log, as the bare Worker writes none.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { freePort } from '../../scripts/local/ports.ts'
import { endingWithParent } from '../../scripts/local/processes.ts'
import type { BenchFile } from './files.ts'

export interface Nginx {
  pid: number
  /** As it says itself, with its version. */
  version: string
  url(file: BenchFile): string
  close(): Promise<void>
}

const startsWithinMs = 10_000

/** Null where there is none. `dir` is its own. */
export async function startNginx(dir: string, files: readonly BenchFile[]): Promise<Nginx | null> {
  const binary = findNginx(process.env.PATH)
  if (!binary) return null
  const served = join(dir, 'files')
  mkdirSync(served, { recursive: true })
  for (const { name, bytes } of files) writeFileSync(join(served, `${name}.txt`), bytes)
  const port = await freePort()
  writeFileSync(join(dir, 'nginx.conf'), configOf(port))
  const { command, args } = endingWithParent(binary, ['-e', 'error.log', '-p', dir, '-c', 'nginx.conf'])
  const child = spawn(command, args, { cwd: dir, stdio: 'ignore' })
  let isGone = false
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve())).then(() => {
    isGone = true
  })
  child.once('error', () => {})
  const close = async () => {
    child.kill('SIGKILL')
    await exited
  }
  const url = (file: BenchFile) => `http://127.0.0.1:${port}/${file.name}.txt`
  for (const deadline = Date.now() + startsWithinMs; ; ) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null)
    await answer?.arrayBuffer()
    if (answer) return { pid: child.pid ?? 0, version: answer.headers.get('server') ?? 'nginx', url, close }
    if (isGone || Date.now() > deadline) {
      await close()
      throw new Error(`nginx did not start: see ${dir}/error.log`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** On the PATH, or where Debian and others put it, which is not on everybody's. */
function findNginx(path = ''): string | undefined {
  return [...path.split(delimiter), '/usr/sbin', '/usr/local/sbin'].map((dir) => join(dir, 'nginx')).find((file) => existsSync(file))
}

/** Without a master process: its pid is the one whose time counts, and it reads what only we may read. */
const configOf = (port: number): string => `daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  types { text/plain txt; }
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    root files;
  }
}
`
