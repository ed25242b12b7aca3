// Every name of IANA is a zone, and each zone has one name here: the contract's where it has one.

import { describe, expect, it } from 'vitest'
import { timezone, timezones, zoneNamed } from '../../../domain/resources/timezone.ts'
import { timezoneAliases } from '../../../domain/resources/timezone-aliases.ts'
import { monthStartMs } from '../../../domain/timeframe/calendar.ts'

const zoneOfRuntime = (name: string) => new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone

describe('a time zone', () => {
  it.each([
    ['Asia/Calcutta', 'Asia/Kolkata'],
    ['Europe/Kiev', 'Europe/Kyiv'],
    ['America/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['Etc/UTC', 'UTC'],
    ['GMT', 'UTC'],
    ['US/Pacific', 'America/Los_Angeles'],
    ['EST', 'America/Panama'],
    ['Iceland', 'Atlantic/Reykjavik'],
    // Of no version of tzdata that is in use; old devices have it.
    ['US/Pacific-New', 'America/Los_Angeles'],
    ['asia/calcutta', 'Asia/Kolkata'],
    ['EUROPE/ZURICH', 'Europe/Zurich'],
  ])('%s is %s', (name, zone) => {
    expect(timezone.parse(name)).toBe(zone)
  })

  it('that the contract does not have stands as IANA spells it', () => {
    expect(timezone.parse('etc/gmt+5')).toBe('Etc/GMT+5')
    expect(timezone.parse('america/coyhaique')).toBe('America/Coyhaique')
  })

  it.each([
    '',
    'Mars',
    'Europe/Atlantis',
    '+02:00',
    'PST',
    'IST',
    'SystemV/AST4',
    'Etc/Unknown',
    'Etc/GMT+13',
    'Europe/Kiev ',
    `Etc/${'x'.repeat(99)}`,
  ])('is not %j', (name) => {
    expect(timezone.safeParse(name).error?.issues).toMatchObject([{ message: 'An IANA time zone, like Europe/Berlin.' }])
  })

  it('of the contract is its own name', () => {
    expect(timezones.filter((zone) => zoneNamed(zone) !== zone)).toEqual([])
  })

  it('has the aliases that the runtime knows for it, and months that start with them', () => {
    const pairs = timezoneAliases.flatMap((entry) => {
      const [zone = '', aliases = ''] = entry.split('=')
      return aliases.split(',').map((alias) => [alias, zone] as const)
    })
    expect(pairs).toHaveLength(152)
    expect(pairs.filter(([alias, zone]) => zoneNamed(alias) !== zone)).toEqual([])
    expect(pairs.filter(([alias, zone]) => zoneOfRuntime(alias) !== zoneOfRuntime(zone))).toEqual([])
    const july = { year: 2026, month: 7 }
    expect(pairs.filter(([alias, zone]) => monthStartMs(july, alias) !== monthStartMs(july, zone))).toEqual([])
  })
})
