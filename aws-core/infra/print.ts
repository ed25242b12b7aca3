// Prints the template of the record: node aws-core/infra/print.ts <table name> [--mail-domain <domain>] [--policy-store <id>]
// [--media-bucket <name>], e.g.
//   node aws-core/infra/print.ts laurel-staging > record.json
//   aws cloudformation deploy --region eu-west-1 --stack-name laurel-staging-record --template-file record.json --capabilities CAPABILITY_IAM

import { parseArgs } from 'node:util'
import { recordRegions, recordTemplate } from './template.ts'

const { values, positionals } = parseArgs({
  options: { 'mail-domain': { type: 'string' }, 'policy-store': { type: 'string' }, 'media-bucket': { type: 'string' } },
  allowPositionals: true,
})
const [tableName = 'laurel-production'] = positionals
const { 'mail-domain': mailDomain, 'policy-store': policyStoreId, 'media-bucket': mediaBucket } = values
const mistakes = [
  ...(/^[A-Za-z0-9_.-]{3,255}$/.test(tableName) ? [] : ['A table name has 3 to 255 letters, digits, dots, hyphens and underscores.']),
  ...(mailDomain === undefined || /^[a-z0-9.-]{3,253}$/.test(mailDomain) ? [] : ['--mail-domain is a domain.']),
  ...(policyStoreId === undefined || /^[A-Za-z0-9/_-]{1,200}$/.test(policyStoreId) ? [] : ['--policy-store is the id of a policy store.']),
  ...(mediaBucket === undefined || /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(mediaBucket)
    ? []
    : ['--media-bucket is the name of a bucket without dots.']),
]
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'))
  process.exit(2)
}
console.log(JSON.stringify(recordTemplate({ tableName, regions: recordRegions, mailDomain, policyStoreId, mediaBucket }), null, 2))
