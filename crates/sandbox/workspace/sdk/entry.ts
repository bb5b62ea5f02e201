import ZAFClient from 'zendesk_app_framework_sdk';

declare global {
  interface Window {
    ZAFClient: typeof ZAFClient;
  }
}

// Apps find the SDK under this global, whichever server they load it from.
window.ZAFClient = ZAFClient;
