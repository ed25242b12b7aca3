// What verify and rebuild ask, through the test's own client.

import type { Operator } from '../../../scripts/audit/operator.ts'
import { must } from './game.ts'
import { operator } from './tenant.ts'

export function operatorOf(workspaceId: string): Operator {
  const at = (path: string) => `/workspaces/${workspaceId}${path}`
  return {
    workspaceId,
    get: (path) => must(operator.get(at(path))),
    post: (path, body) => must(operator.call('POST', at(path), body)),
    async *all<T>(path: string) {
      for (let after: string | null = ''; after !== null; ) {
        const page: { items: T[]; next: string | null } = await must(
          operator.get(at(path) + (after && `?after=${encodeURIComponent(after)}`)),
        )
        yield* page.items
        after = page.next
      }
    },
  }
}
