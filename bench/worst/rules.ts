// The worst accepted rule set and event that is known: the processor time of deciding one event, for attacks on every
// operator and for what a search finds. `node bench/worst/rules.ts` prints it; exit code 1 when one misses the aim.
//
// Only what domain/ decides is in it: storing the commit is not. One event at a time, as an object decides them.

import { execFileSync } from 'node:child_process'
import { checkExpression } from '../../domain/expressions/check.ts'
import type { ActivityLogCommand, PlayerView } from '../../domain/player/types.ts'
import { matchConditionContext, rewardExpressionContext } from '../../domain/rules/contexts.ts'
import { decideActivityLog } from '../../domain/rules/decide-activity-log.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import { grouped, laidOut } from '../table.ts'
import { type Attack, enough, ruleAttacks, ruleOf } from './rule-attacks.ts'
import { type Candidate, climb, randomFrom } from './rule-grammar.ts'

/** Milliseconds of processor time for one event. */
export const aimMs = 20

const nowMs = Date.parse('2026-09-15T12:00:00Z')

const view: PlayerView = {
  profile: () => ({
    userId: 'user',
    principalId: 'principal',
    accountId: 'account',
    workspaceId: 'workspace',
    principal: { sub: 'sub', email: 'a@example.org' },
    createdAtMs: 1,
    updatedAtMs: 1,
  }),
  deleted: () => false,
  balance: () => null,
  previousEvent: () => null,
  sessions: () => [],
}

function decide({ rules, event }: Omit<Attack, 'name'>): void {
  const ruleSet: RuleSet = {
    number: 1,
    workspaceId: 'workspace',
    accountId: 'account',
    settings: { strict: false, derivedIdempotency: true },
    activities: ['run'],
    currencies: { points: { virtualCurrencyId: 'points', scale: 2 } },
    rewardRules: rules,
    series: [],
  }
  const command: ActivityLogCommand = {
    kind: 'activity.log',
    activityLogId: 'log',
    activityId: 'run',
    value: 1,
    completedAtMs: nowMs,
    ...event,
  }
  const decided = decideActivityLog(view, command, ruleSet, { nowMs, newId: () => 'id', region: 'eu-west-1' })
  if (!decided.ok) throw new Error(decided.error.detail)
}

function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** The least of some rounds, each the mean of a few events: whatever else the machine does only adds to it. */
function measure(attack: Attack, rounds = 7, events = 4): number {
  const round = () => {
    for (let index = 0; index < events; index++) decide(attack)
  }
  return Math.min(...Array.from({ length: rounds }, () => cpuMsOf(round) / events))
}

/** An attack that a client's own checks would refuse proves nothing. */
function wantAccepted({ name, rules, event }: Attack): void {
  const rule = rules[0]
  const errors = [
    ...checkExpression(rule?.matchCondition, { context: matchConditionContext, result: 'boolean' }, '/matchCondition'),
    ...(rule?.rewards ?? []).flatMap(({ expression }) =>
      checkExpression(expression, { context: rewardExpressionContext, result: 'number' }, ''),
    ),
  ]
  if (errors.length > 0) throw new Error(`"${name}" is no accepted rule: ${JSON.stringify(errors[0])}`)
  if (JSON.stringify(event.additionalData ?? {}).length > 16 * 1024) throw new Error(`"${name}" is no accepted event`)
}

const attackOf = (name: string, { expression, additionalData }: Candidate): Attack => ({
  name,
  rules: Array.from({ length: enough }, (_, index) => ruleOf(expression, index)),
  event: { additionalData },
})

const searched = (seed: number): Attack =>
  attackOf(`found by search, seed ${seed}`, climb(randomFrom(seed), 250, (candidate) => measure(attackOf('', candidate), 3, 1)).worst)

/** The worst first. Code is compiled, and zones are known: what is left is what an attacker can repeat. */
export async function worstRules(): Promise<{ name: string; cpuMs: number }[]> {
  const written = ruleAttacks()
  for (const attack of written) wantAccepted(attack)
  const attacks = [...written, ...[1, 2, 3].map(searched)]
  return attacks.map((attack) => ({ name: attack.name, cpuMs: measure(attack) })).sort(byCpu)
}

/** The same for the first event of a process, once for each isolate: its code is not compiled, and no zone is known. */
export const firstEvents = (): { name: string; cpuMs: number }[] => compiledLate.map((name) => ({ name, cpuMs: firstOf(name) })).sort(byCpu)

const byCpu = (a: { cpuMs: number }, b: { cpuMs: number }) => b.cpuMs - a.cpuMs

/** What costs the most where no code is compiled yet and no zone is known. */
const compiledLate = ['hour in a zone', 'every zone', 'pow', '+, numbers', 'var, deep', 'reduce', 'in, two texts that repeat themselves']

/** In a process of its own, of which it is the first event; the least of three. */
function firstOf(name: string): number {
  const once = () => Number(execFileSync(process.execPath, [import.meta.filename, '--first', name], { encoding: 'utf8' }))
  return Math.min(once(), once(), once())
}

/** The thread's own time alone: what is compiled on another thread meanwhile stops nobody. */
function decideFirst(name: string): number {
  const attack = ruleAttacks().find((one) => one.name === name)
  if (attack === undefined) throw new Error(`there is no attack "${name}"`)
  const before = process.threadCpuUsage()
  decide(attack)
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

/** As a table; only the worst of them. */
export function tableOfRules(figures: { name: string; cpuMs: number }[]): string {
  const rows = figures.slice(0, 20).map(({ name, cpuMs }) => [name, cpuMs.toFixed(1)])
  const worst = figures[0]?.cpuMs ?? 0
  const verdict = `${worst < aimMs ? 'reached' : 'missed '}  ${worst.toFixed(1)} ms (aim below ${aimMs}) the worst of ${grouped(figures.length)}`
  return [...laidOut([['rule set and event', 'CPU ms an event'], ...rows], [0]), '', verdict].join('\n')
}

const [flag, name = ''] = process.argv.slice(2)
if (import.meta.main && flag === '--first') console.log(decideFirst(name))
else if (import.meta.main) {
  const figures = await worstRules()
  console.log(tableOfRules(figures))
  const [worst] = firstEvents()
  console.log(`         ${worst?.cpuMs.toFixed(1)} ms the worst first event of a process (${worst?.name})`)
  process.exitCode = figures.some(({ cpuMs }) => cpuMs >= aimMs) ? 1 : 0
}
