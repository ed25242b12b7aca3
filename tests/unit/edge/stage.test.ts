// Local settings go with a record on the same machine, and with no other.

import { expect, test } from 'vitest'
import { refuseLocalElsewhere } from '../../../workers/stage.ts'

const here = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:8101' }
const refused = 'STAGE=local is for regions on this machine, and eu-north-1 is not'

test.each([
  ['http://localhost:8102', null],
  ['http://[::1]:8102', null],
  [undefined, refused],
  ['https://dynamodb.eu-north-1.amazonaws.com', refused],
  ['https://localhost.example.org', refused],
])('a local Worker with a region at %s', (endpoint, mistake) => {
  const start = () => refuseLocalElsewhere('local', JSON.stringify([here, { region: 'eu-north-1', ...(endpoint && { endpoint }) }]))
  if (mistake === null) expect(start).not.toThrow()
  else expect(start).toThrow(mistake)
})

test('a Worker that is deployed may have its regions anywhere; what is no list is told elsewhere', () => {
  expect(() => refuseLocalElsewhere('production', '[{"region":"eu-west-1"}]')).not.toThrow()
  expect(() => refuseLocalElsewhere('local', 'nothing')).not.toThrow()
})
