/** The APIs that a server can speak, by the names in AWS's credential scopes. */
export type ServiceName = "s3" | "dynamodb" | "ec2" | "ebs" | "rbin" | "glacier";

/** All of them, in the order of the documentation. */
export const serviceNames: readonly ServiceName[] = [
  "s3",
  "dynamodb",
  "ec2",
  "ebs",
  "rbin",
  "glacier",
];

export function isServiceName(name: string): name is ServiceName {
  return (serviceNames as readonly string[]).includes(name);
}
