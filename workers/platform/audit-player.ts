// A user's object held against the fold of the user's record. Pure: the commits and what the object says of itself go
// in, differences in words and the scores that the record gives come out. Nothing here trusts a stored balance: all
// sums are made from the ledger lines of the commits.

import { counts } from '../../domain/boards/counts.ts'
import { signedAmount } from '../../domain/boards/signed-amount.ts'
import type { Series } from '../../domain/boards/types.ts'
import type { Amount } from '../../domain/ledger/amount.ts'
import { digestOfAll } from '../../domain/log/fold.ts'
import type { Commit, Position } from '../../domain/log/types.ts'
import type { PlayerCommand, PlayerEffects, UserProfile } from '../../domain/player/types.ts'
import type { PlayerInspection } from '../../durable-objects/player/rpc.ts'
import { canonicalJson } from '../edge/canonical.ts'

export interface FoldedPlayer {
  profile: UserProfile | null
  deleted: boolean
  /** By currency: everything, and what is completed. */
  sums: Map<string, { amount: Amount; available: Amount }>
  /** As the last commit that touched it says. */
  balances: Map<string, { amount: Amount; available: Amount }>
  lines: number
  events: number
  /** As the object makes them of what it holds. */
  digests: { commits: string; lines: string }
  scores: { seriesId: string; periodId: string; score: Amount }[]
}

export function foldPlayer(commits: Commit[], series: Series[]): FoldedPlayer {
  const folded: FoldedPlayer = {
    profile: null,
    deleted: false,
    sums: new Map(),
    balances: new Map(),
    lines: 0,
    events: 0,
    digests: { commits: digestOfAll(commits.map((commit) => JSON.stringify(commit))), lines: '' },
    scores: [],
  }
  const lineTexts: string[] = []
  const totals = new Map<string, FoldedPlayer['scores'][number]>()
  for (const { effects, eventId, ruleSet } of commits as Commit<PlayerCommand, PlayerEffects>[]) {
    if (effects.profile) folded.profile = effects.profile
    if (effects.deleted) folded.deleted = true
    if (eventId !== undefined) folded.events += 1
    for (const line of effects.lines ?? []) {
      folded.lines += 1
      lineTexts.push(JSON.stringify(line))
      const signed = signedAmount(line)
      const sum = folded.sums.get(line.virtualCurrencyId) ?? { amount: 0, available: 0 }
      sum.amount += signed
      if (line.state === 'COMPLETED') sum.available += signed
      folded.sums.set(line.virtualCurrencyId, sum)
      for (const one of series) {
        const period = one.virtualCurrencyId === line.virtualCurrencyId ? counts({ ...line, ruleSet }, one) : null
        if (!period) continue
        const name = `${one.seriesId}|${period.periodId}`
        const total = totals.get(name) ?? { seriesId: one.seriesId, periodId: period.periodId, score: 0 }
        total.score += signed
        totals.set(name, total)
      }
    }
    for (const { virtualCurrencyId, amount, availableAmount } of effects.balances ?? [])
      folded.balances.set(virtualCurrencyId, { amount, available: availableAmount })
  }
  folded.digests.lines = digestOfAll(lineTexts)
  folded.scores = folded.deleted ? [] : [...totals.values()]
  return folded
}

export function comparePlayer(folded: FoldedPlayer, head: Position, object: PlayerInspection): string[] {
  const differences: string[] = []
  const expect = (what: string, record: unknown, held: unknown) => {
    if (canonicalJson(record ?? null) !== canonicalJson(held ?? null))
      differences.push(`${what}: the record gives ${canonicalJson(record ?? null)}, the object holds ${canonicalJson(held ?? null)}`)
  }
  expect('commits', head.sequence, object.status.decided)
  expect('confirmed commits', head.sequence, object.status.confirmed)
  // What is known of a region may lag behind what it holds (replication tells nobody), but never run ahead.
  for (const [region, through] of Object.entries(object.status.regions))
    if (through > head.sequence) differences.push(`commits known to be in ${region}: ${through}, the record ends at ${head.sequence}`)
  expect('profile', folded.profile, object.profile)
  expect('deleted', folded.deleted, object.deleted)
  expect('ledger lines', folded.lines, object.lines)
  expect('events', folded.events, object.events)
  if (folded.digests.commits !== object.digests.commits) differences.push('commits: the object holds others than the record')
  if (folded.digests.lines !== object.digests.lines) differences.push('ledger lines: the object holds others than the record')
  const held = new Map(object.balances.map((balance) => [balance.virtualCurrencyId, balance]))
  for (const currency of new Set([...folded.sums.keys(), ...folded.balances.keys(), ...held.keys(), ...Object.keys(object.ledger)])) {
    const sum = folded.sums.get(currency)
    const balance = held.get(currency)
    expect(`${currency}: sum of the ledger and last balance of the record`, sum, folded.balances.get(currency))
    expect(`${currency}: sum of the ledger`, sum?.amount ?? 0, object.ledger[currency] ?? 0)
    expect(`${currency}: balance`, sum ?? { amount: 0, available: 0 }, {
      amount: balance?.amount ?? 0,
      available: balance?.availableAmount ?? 0,
    })
  }
  return differences
}
