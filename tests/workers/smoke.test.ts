import { exports } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { langNamed, langs } from '../../domain/resources/lang.ts'
import { lookupLang } from '../../domain/resources/lang-lookup.ts'
import { timezones, zoneNamed } from '../../domain/resources/timezone.ts'
import { timezoneAliases } from '../../domain/resources/timezone-aliases.ts'
import { monthStartMs } from '../../domain/timeframe/calendar.ts'

test('the Worker is ready, both regions and the index included', async () => {
  const response = await exports.default.fetch('http://laurel.test/health/ready')
  expect(await response.json()).toMatchObject({ status: 'ready' })
  expect(response.status).toBe(200)
})

// The calendars are the runtime's, and its are not Node's.
test('workerd knows every zone by all its names, and languages', () => {
  const july = { year: 2026, month: 7 }
  const named = timezoneAliases.flatMap((entry) => {
    const [zone = '', aliases = ''] = entry.split('=')
    return aliases.split(',').map((alias) => ({ zone, alias }))
  })
  expect(timezones.filter((zone) => zoneNamed(zone) !== zone || Number.isNaN(monthStartMs(july, zone)))).toEqual([])
  expect(named.filter(({ zone, alias }) => zoneNamed(alias) !== zone || monthStartMs(july, alias) !== monthStartMs(july, zone))).toEqual([])
  expect(['etc/gmt+5', 'america/coyhaique', 'US/Pacific-New', 'PST', '+02:00'].map(zoneNamed)).toEqual([
    'Etc/GMT+5',
    'America/Coyhaique',
    'America/Los_Angeles',
    null,
    null,
  ])
  expect(langs.filter((tag) => langNamed(tag) !== tag)).toEqual([])
  expect(['pt-br', 'in', 'zh-hans', 'en_US'].map(langNamed)).toEqual(['pt-BR', 'id', 'zh-Hans', null])
  expect(lookupLang('zh-Hans', ['zh-TW', 'zh-CN'])).toBe('zh-CN')
})
