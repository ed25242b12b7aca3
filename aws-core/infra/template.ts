// The record's AWS side as a CloudFormation template: the table in every region, and what the Worker may do to it.
//
// Guarantees: the table is table.ts's own; deleting the stack keeps the data; the Worker's credentials can add and read,
// and can neither delete, scan nor change a table. Deploy it in one of `regions`: CloudFormation makes the replicas.
//
// The stream is not for us. Eventual global tables replicate by it, and CloudFormation refuses a second replica without
// (AWS::DynamoDB::GlobalTable StreamSpecification).

import { tableDefinition } from '../dynamodb/table.ts'

export interface TemplateSettings {
  tableName: string
  regions: readonly string[]
  /** The domain that sign-in mail is sent from, verified in SES of the first region. */
  mailDomain?: string
  /** The policy store that is asked in place of the Worker's own Cedar, in the first region. */
  policyStoreId?: string
  /** The bucket that keeps a copy of all media, in the region that the stack is deployed in. */
  mediaBucket?: string
}

/** Where the record lives: both in the EU. */
export const recordRegions = ['eu-west-1', 'eu-north-1'] as const

/** What the adapter sends; TransactWriteItems of Puts is authorised as PutItem. */
export const workerActions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'] as const

/** Plain data: print it as JSON. */
export function recordTemplate(settings: TemplateSettings) {
  const { tableName, regions } = settings
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `The record of ${tableName}: one table in ${regions.join(' and ')}, and the policy of the Worker that writes it.`,
    Resources: {
      Record: recordTable({ tableName, regions }),
      ...(settings.mediaBucket && { MediaCopies: mediaCopies(settings.mediaBucket) }),
      WorkerPolicy: workerPolicy(settings),
    },
    Outputs: {
      TableName: { Value: { Ref: 'Record' } },
      WorkerPolicyArn: { Description: 'Attach it to the identity whose keys the Worker holds.', Value: { Ref: 'WorkerPolicy' } },
    },
  }
}

const recordTable = ({ tableName, regions }: TemplateSettings) => ({
  Type: 'AWS::DynamoDB::GlobalTable',
  DeletionPolicy: 'Retain',
  UpdateReplacePolicy: 'Retain',
  Properties: {
    TableName: tableName,
    BillingMode: tableDefinition.billingMode,
    AttributeDefinitions: tableDefinition.attributes,
    KeySchema: tableDefinition.keySchema,
    TimeToLiveSpecification: tableDefinition.timeToLive,
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    Replicas: regions.map((region) => ({
      Region: region,
      DeletionProtectionEnabled: tableDefinition.deletionProtection,
      PointInTimeRecoverySpecification: tableDefinition.pointInTimeRecovery,
    })),
  },
})

/**
 * Nobody's but the Worker's, and no way to lose it by losing the stack. Versions are kept for as long as a deleted media can
 * be brought back: a copy that is overwritten or deleted by mistake can be, too.
 */
const mediaCopies = (bucket: string) => ({
  Type: 'AWS::S3::Bucket',
  DeletionPolicy: 'Retain',
  UpdateReplacePolicy: 'Retain',
  Properties: {
    BucketName: bucket,
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    VersioningConfiguration: { Status: 'Enabled' },
    LifecycleConfiguration: {
      Rules: [
        {
          Status: 'Enabled',
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
          ExpiredObjectDeleteMarker: true,
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    },
  },
})

/** What is asked of AWS beside the record, in the first region, where the settings say that it is. */
function furtherStatements({ regions: [region = ''], mailDomain, policyStoreId, mediaBucket }: TemplateSettings) {
  const statement = (sid: string, action: string | string[], resource: string) => ({
    Sid: sid,
    Effect: 'Allow',
    Action: [action].flat(),
    Resource: [{ 'Fn::Sub': `arn:\${AWS::Partition}:${resource}` }],
    Condition: { Bool: { 'aws:SecureTransport': 'true' } },
  })
  return [
    ...(mailDomain ? [statement('SendMail', 'ses:SendEmail', `ses:${region}:\${AWS::AccountId}:identity/${mailDomain}`)] : []),
    ...(policyStoreId
      ? [
          statement(
            'AskPolicies',
            'verifiedpermissions:IsAuthorized',
            `verifiedpermissions::\${AWS::AccountId}:policy-store/${policyStoreId}`,
          ),
        ]
      : []),
    ...(mediaBucket
      ? [
          statement('KeepCopies', ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], `s3:::${mediaBucket}/*`),
          // Who may not list is told 403 of what is not there, which is no answer to whether it is.
          statement('KnowWhatIsMissing', 's3:ListBucket', `s3:::${mediaBucket}`),
        ]
      : []),
  ]
}

const workerPolicy = ({ tableName, regions, ...more }: TemplateSettings) => ({
  Type: 'AWS::IAM::ManagedPolicy',
  Properties: {
    Description: `What the Worker of ${tableName} may do: append to and read the record, and what else is named here; nothing more.`,
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'AppendAndRead',
          Effect: 'Allow',
          Action: workerActions,
          Resource: regions.map((region) => ({
            'Fn::Sub': `arn:\${AWS::Partition}:dynamodb:${region}:\${AWS::AccountId}:table/${tableName}`,
          })),
          Condition: { Bool: { 'aws:SecureTransport': 'true' } },
        },
        ...furtherStatements({ tableName, regions, ...more }),
      ],
    },
  },
})
