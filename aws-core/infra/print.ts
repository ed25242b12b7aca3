// Prints the template of the record: node aws-core/infra/print.ts <table name>, e.g.
//   node aws-core/infra/print.ts laurel-staging > record.json
//   aws cloudformation deploy --region eu-west-1 --stack-name laurel-staging-record --template-file record.json --capabilities CAPABILITY_IAM

import { recordRegions, recordTemplate } from './template.ts'

const tableName = process.argv[2] ?? 'laurel-production'
if (!/^[A-Za-z0-9_.-]{3,255}$/.test(tableName)) {
  console.error('A table name has 3 to 255 letters, digits, dots, hyphens and underscores.')
  process.exit(2)
}
console.log(JSON.stringify(recordTemplate({ tableName, regions: recordRegions }), null, 2))
