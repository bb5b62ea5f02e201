/** The package has no types; apps use it from plain JavaScript, the bundle only passes it on. */
declare module 'zendesk_app_framework_sdk' {
  const ZAFClient: { init(callback?: (context: unknown) => void): unknown };
  export default ZAFClient;
}
