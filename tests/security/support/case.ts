// What a case is: the part of a route that its declaration does not tell.

import type { Role } from '../../../domain/identity.ts'
import type { Things } from './tenants.ts'

export interface Reference {
  /** A JSON pointer into the body, to what must be there already. */
  pointer: string
  /** The id to put there, of whatever is there in the tenant's own. */
  of: (its: Things) => string
  /** What a foreign id and one that is nowhere are answered alike; in a batch, by its item. */
  status: number
  as?: CallerKind
}

export type CallerKind = 'person' | 'owner' | 'machine'

export interface Case {
  /** Who asks; a person of the app and an owner of the dashboard unless given. */
  as?: CallerKind
  /** The least role of the dashboard; viewer for GET and editor for the rest unless given. */
  least?: Role
  /** The success. */
  status: number
  params?: (its: Things) => Record<string, string>
  /** Names of those that are the client's to choose: what they say may be taken. */
  chosenParams?: string[]
  /** Where it cannot be asked without one. */
  query?: (its: Things) => Record<string, string>
  /** Every answer is another: it tells nothing of the state. */
  isFresh?: true
  /** Fresh at each call: what it creates does not exist yet. */
  body?: (its: Things) => Record<string, unknown>
  /** In place of `body`, where the route takes CSV. */
  text?: () => string
  /** In place of `body`, where the route takes bytes: what goes with them, and they. */
  bytes?: { headers: Record<string, string>; raw?: string }
  references?: Reference[]
  /** Members of the body that must say what the path says. */
  repeats?: string[]
  /** Pointers of ids that are the client's to choose: foreign or not, they are taken the same. */
  chosen?: { pointer: string; of: (its: Things) => string }[]
  /** The answers of the items are in `items`. */
  isBatch?: true
}
