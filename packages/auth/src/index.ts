export { AuthError, authErrorKinds } from "./auth-error.ts";
export type { AuthErrorCode, AuthErrorDetail } from "./auth-error.ts";
export type { AuthProblem } from "./auth-problem.ts";
export type * from "./request.ts";
export type { ProtocolFamily, ServiceErrorTemplate } from "./service-error-template.ts";
export { serviceError, serviceErrors } from "./service-errors.ts";
export type { ServiceError } from "./service-errors.ts";
export { AwsChunkedBody } from "./aws-chunked-body.ts";
export type { AwsChunkedBodyOptions } from "./aws-chunked-body.ts";
export type { SigningStyle } from "./canonical-uri.ts";
export { credentialScope } from "./presented-signature.ts";
export { SigV4Verifier } from "./sigv4-verifier.ts";
export type { SigV4VerifierOptions } from "./sigv4-verifier.ts";
export { requirePayload, verifyPayload } from "./verify-payload.ts";
export { evaluatePolicies, evaluatePolicy, policyDeniesAction } from "./policy/evaluate-policy.ts";
export { compileGlob, globMatches } from "./policy/glob.ts";
export type { Glob } from "./policy/glob.ts";
export { parseSubnet } from "./policy/ip-address.ts";
export { parsePolicy } from "./policy/parse-policy.ts";
export type { PolicyRules } from "./policy/parse-policy.ts";
export { PolicyError } from "./policy/policy-error.ts";
export type {
  ConditionFacts,
  Policy,
  PolicyPrincipal,
  PolicyRequest,
  Verdict,
} from "./policy/policy-types.ts";
export { isPublicPolicy } from "./policy/public-policy.ts";
export { checkPostPolicy } from "./post/check-post-policy.ts";
export type { ContentLengthRange, PostPolicyCheck } from "./post/check-post-policy.ts";
export { PostError } from "./post/post-error.ts";
export { verifyPostForm } from "./post/verify-post-form.ts";
export type { FormFields, FormSigner, PostVerification } from "./post/verify-post-form.ts";
