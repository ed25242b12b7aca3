import { exports } from 'cloudflare:workers'
import { expect, test } from 'vitest'

test('the Worker is ready, both regions and the index included', async () => {
  const response = await exports.default.fetch('http://laurel.test/health/ready')
  expect(await response.json()).toMatchObject({ status: 'ready' })
  expect(response.status).toBe(200)
})
