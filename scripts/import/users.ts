// An author as a user of the workspace. The external id is made of the name's bytes, so the same author is the same user
// from whichever machine, and two who only look alike are two. No address leaves the repository: the contract asks for
// one, and is given one that names nobody and goes nowhere (RFC 2606 keeps `.invalid` unused).

import { type Client, expectStatus, jitterMs, type Waiting } from './client.ts'
import type { Author } from './git-log.ts'

/** The user's id. */
export async function ensureUser(client: Client, author: Author, waiting: Waiting): Promise<string> {
  const externalId = `git:${author.key}`
  const body = { email: `author-${author.key}@import.invalid`, externalId, nickname: author.name }
  const created = await client.send('dashboard', 'POST', '/dashboard/v1/users', body)
  if (created.status === 201) return (created.body as { userId: string }).userId
  if (created.status !== 409) expectStatus(created, `create the user ${JSON.stringify(author.name)}`, 201)
  const startedAtMs = waiting.now()
  for (let tries = 0; ; tries++) {
    const found = await client.send('dashboard', 'GET', `/dashboard/v1/users/by-external-id/${encodeURIComponent(externalId)}`)
    // Claimed, but not there yet: an import that was killed half way, whose user the platform is still making.
    if (found.status === 404 && waiting.now() - startedAtMs < waiting.patienceMs) {
      await waiting.sleep(jitterMs(tries, waiting.random))
      continue
    }
    return expectStatus<{ userId: string }>(found, `find the user ${JSON.stringify(author.name)}`, 200).userId
  }
}
