/** A document that each operation takes, by its name: what the fuzzer starts from. */
export const documents: Readonly<Record<string, string>> = {
  CreateBucket:
    "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>" +
    "</CreateBucketConfiguration>",
  DeleteObjects:
    "<Delete><Quiet>false</Quiet><Object><Key>k</Key><VersionId>VERSION</VersionId></Object>" +
    "<Object><Key>a/b</Key><ETag>*</ETag><Size>3</Size>" +
    "<LastModifiedTime>Wed, 21 Oct 2026 07:28:00 GMT</LastModifiedTime></Object></Delete>",
  CompleteMultipartUpload:
    "<CompleteMultipartUpload><Part><ETag>ETAG</ETag><PartNumber>NUMBER</PartNumber>" +
    "</Part></CompleteMultipartUpload>",
  PutBucketTagging: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
  PutObjectTagging:
    "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag><Tag><Key>c</Key><Value/></Tag>" +
    "</TagSet></Tagging>",
  PutBucketVersioning:
    "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>" +
    "</VersioningConfiguration>",
  PutBucketLifecycleConfiguration:
    "<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status><Filter><And>" +
    "<Prefix>a</Prefix><Tag><Key>t</Key><Value>v</Value></Tag>" +
    "<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter>" +
    "<Expiration><Days>90</Days></Expiration>" +
    "<Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>" +
    "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays>" +
    "<NewerNoncurrentVersions>1</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule>" +
    "<Rule><Status>Disabled</Status><Prefix>x</Prefix><AbortIncompleteMultipartUpload>" +
    "<DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>" +
    "</LifecycleConfiguration>",
  PutBucketCors:
    "<CORSConfiguration><CORSRule><AllowedOrigin>https://*.a</AllowedOrigin>" +
    "<AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader>" +
    "<ExposeHeader>etag</ExposeHeader><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule>" +
    "</CORSConfiguration>",
  PutBucketEncryption:
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>" +
    "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>" +
    "<BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
  PutBucketNotificationConfiguration:
    "<NotificationConfiguration><QueueConfiguration><Id>i</Id>" +
    "<Queue>arn:aws:sqs:us-east-1:000000000000:q</Queue><Event>s3:ObjectCreated:*</Event>" +
    "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>a</Value></FilterRule></S3Key></Filter>" +
    "</QueueConfiguration></NotificationConfiguration>",
  PutBucketOwnershipControls:
    "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>" +
    "</OwnershipControls>",
  PutPublicAccessBlock:
    "<PublicAccessBlockConfiguration><BlockPublicAcls>false</BlockPublicAcls>" +
    "<IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy>" +
    "<RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
  PutObjectLockConfiguration:
    "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>" +
    "<DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>" +
    "</ObjectLockConfiguration>",
  PutObjectRetention:
    "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate>" +
    "</Retention>",
  PutObjectLegalHold: "<LegalHold><Status>OFF</Status></LegalHold>",
  PutBucketAcl: aclOf(),
  PutObjectAcl: aclOf(),
  PutBucketPolicy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: ["111111111111"] },
        Action: ["s3:Get*"],
        Resource: "arn:aws:s3:::plain/*",
        Condition: { StringLike: { "s3:prefix": ["a*"] }, IpAddress: { "aws:SourceIp": "::1/8" } },
      },
    ],
  }),
  PutBucketRequestPayment:
    "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
  PutBucketLogging:
    "<BucketLoggingStatus><LoggingEnabled><TargetBucket>plain</TargetBucket>" +
    "<TargetPrefix>log/</TargetPrefix><TargetObjectKeyFormat><PartitionedPrefix>" +
    "<PartitionDateSource>EventTime</PartitionDateSource></PartitionedPrefix>" +
    "</TargetObjectKeyFormat></LoggingEnabled></BucketLoggingStatus>",
  PutBucketInventoryConfiguration:
    "<InventoryConfiguration><Id>inv</Id><IsEnabled>true</IsEnabled><Destination>" +
    "<S3BucketDestination><Format>CSV</Format><Bucket>arn:aws:s3:::plain</Bucket>" +
    "<Prefix>i</Prefix></S3BucketDestination></Destination><Schedule>" +
    "<Frequency>Daily</Frequency></Schedule><IncludedObjectVersions>All</IncludedObjectVersions>" +
    "<OptionalFields><Field>Size</Field><Field>ETag</Field></OptionalFields>" +
    "</InventoryConfiguration>",
  PutBucketWebsite:
    "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>" +
    "<ErrorDocument><Key>e</Key></ErrorDocument><RoutingRules><RoutingRule><Condition>" +
    "<KeyPrefixEquals>a</KeyPrefixEquals></Condition><Redirect><HttpRedirectCode>302" +
    "</HttpRedirectCode><ReplaceKeyWith>k</ReplaceKeyWith></Redirect></RoutingRule>" +
    "</RoutingRules></WebsiteConfiguration>",
  RestoreObject:
    "<RestoreRequest><Days>2</Days><GlacierJobParameters><Tier>Expedited</Tier>" +
    "</GlacierJobParameters></RestoreRequest>",
};

/** What documents are spoiled with. */
export const spoilers: readonly string[] = [
  "<Rule/>",
  "<Key>",
  "</Key>",
  "&amp;",
  "&x;",
  "&#0;",
  "&#55296;",
  "<!DOCTYPE a [<!ENTITY b 'c'>]>",
  "<![CDATA[",
  "]]>",
  "<?xml version='1.0' encoding='utf-16'?>",
  "-1",
  "1e9",
  "99999999999999999999",
  "9007199254740993",
  "2026-13-45T99:99:99Z",
  "\u0000",
  "😀",
  "{}",
  '"__proto__"',
  "null",
  "<a>".repeat(3000),
  "x".repeat(5000),
];

function aclOf(): string {
  return (
    `<AccessControlPolicy><Owner><ID>OWNER</ID></Owner><AccessControlList><Grant>` +
    '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">' +
    "<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>" +
    "<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
  );
}
