// Generated from the C++ headers by wasm/abi.mjs; a test fails where they differ.
export const abiNumber = 1;
export const imageAbi = 1;
export const imageMagicAt = 0;
export const imageAbiAt = 8;
export const imageColumnCountAt = 12;
export const imageSizeBytesAt = 16;
export const imageVersionAt = 24;
export const imageExpiresMsAt = 32;
export const imageSiteHashAt = 40;
export const imageBodyHashAt = 48;
export const imageReservedAt = 56;
export const imageSizeBytesMax = 16777216;
export const signatureCountMax = 16;
export const browserBatchSizeBytesMax = 49152;
export const cookieSnapshotSizeBytesMax = 1500;
export const sessionCountMax = 65536;
export const payloadType = 'application/vnd.heed.ruleset.v1';
export const headData = 0;
export const headBuffer = 4;
export const headBufferSize = 8;
export const headWhere = 16;
export const headSize = 24;
export const decisionSlot = 0;
export const decisionTrigger = 4;
export const decisionSegment = 8;
export const decisionStage = 12;
export const decisionProbability = 16;
export const decisionOptions = 24;
export const decisionPartCount = 32;
export const decisionHeldOut = 33;
export const decisionReason = 34;
export const decisionSize = 40;
export const openedHash = 0;
export const openedVersion = 8;
export const openedExpires = 16;
export const openedImage = 24;
export const openedSize = 32;
export const kindAbsent = 0;
export const kindBoolean = 1;
export const kindNumber = 2;
export const kindString = 3;
export const kindSet = 4;
export const kindTime = 5;
export const columnCount = 92;
export const columnStringLength = 0;
export const columnStringBytes = 1;
export const columnNumber = 2;
export const columnSiteName = 3;
export const columnSiteCurrency = 4;
export const columnSiteTimeZone = 5;
export const columnSiteHoldout = 6;
export const columnSiteHoldoutSalt = 7;
export const columnSiteJourney = 8;
export const columnSiteConsentCookie = 9;
export const columnSiteConsentDefault = 10;
export const columnSiteConsentGpc = 11;
export const columnGrantName = 12;
export const columnGrantLevel = 13;
export const columnAttributeName = 14;
export const columnAttributeType = 15;
export const columnAttributeSource = 16;
export const columnAttributeDefault = 17;
export const columnSignalName = 18;
export const columnSignalFieldCount = 19;
export const columnFieldName = 20;
export const columnFieldType = 21;
export const columnFeatureName = 22;
export const columnFeatureKind = 23;
export const columnFeatureSignal = 24;
export const columnFeatureField = 25;
export const columnFeatureWindowMs = 26;
export const columnFeatureHalfLifeMs = 27;
export const columnFeatureWhere = 28;
export const columnSegmentName = 29;
export const columnSegmentCondition = 30;
export const columnJourneyName = 31;
export const columnJourneyStageCount = 32;
export const columnStageName = 33;
export const columnStageCondition = 34;
export const columnStageSticky = 35;
export const columnMicroSegment = 36;
export const columnSlotName = 37;
export const columnSlotChannel = 38;
export const columnSlotFallback = 39;
export const columnSlotRefresh = 40;
export const columnAssetName = 41;
export const columnAssetKind = 42;
export const columnAssetPropCount = 43;
export const columnPropKey = 44;
export const columnPropValue = 45;
export const columnMetricName = 46;
export const columnMetricSignal = 47;
export const columnMetricValue = 48;
export const columnMetricGoal = 49;
export const columnMetricBounty = 50;
export const columnMetricWindowMs = 51;
export const columnLayerName = 52;
export const columnLayerSalt = 53;
export const columnCampaignName = 54;
export const columnCampaignCapTimes = 55;
export const columnCampaignCapPerMs = 56;
export const columnInputKind = 57;
export const columnInputRow = 58;
export const columnPredicateInput = 59;
export const columnPredicateOp = 60;
export const columnPredicateOperandCount = 61;
export const columnOperand = 62;
export const columnProgramSize = 63;
export const columnProgramBytes = 64;
export const columnConditionTermCount = 65;
export const columnTermPredicateCount = 66;
export const columnReference = 67;
export const columnTriggerName = 68;
export const columnTriggerSlot = 69;
export const columnTriggerPriority = 70;
export const columnTriggerCondition = 71;
export const columnTriggerLayer = 72;
export const columnTriggerRangeFrom = 73;
export const columnTriggerRangeUntil = 74;
export const columnTriggerFromMs = 75;
export const columnTriggerUntilMs = 76;
export const columnTriggerHoldout = 77;
export const columnTriggerSalt = 78;
export const columnTriggerCapTimes = 79;
export const columnTriggerCapPerMs = 80;
export const columnTriggerCampaign = 81;
export const columnTriggerPolicy = 82;
export const columnTriggerTemplate = 83;
export const columnTriggerHash = 84;
export const columnTriggerPartCount = 85;
export const columnPartName = 86;
export const columnPartKind = 87;
export const columnPartOptionCount = 88;
export const columnOptionName = 89;
export const columnOptionAsset = 90;
export const columnOptionUpper = 91;
export const errorCodes = [
  'truncated',
  'too_large',
  'not_a_ruleset',
  'wrong_abi',
  'malformed_image',
  'malformed_batch',
  'malformed_snapshot',
  'not_utf8',
  'unsigned',
  'malformed_signature',
  'unknown_key',
  'bad_signature',
  'too_few_signatures',
  'malformed_key',
  'wrong_site',
  'expired',
  'rolled_back',
  'unknown_attribute',
  'unknown_signal',
  'unknown_slot',
  'wrong_type',
  'not_finite',
  'bad_visitor',
  'too_many',
  'no_consent',
  'wrong_visitor',
  'wrong_version',
  'not_supported',
  'bad_id',
  'unknown_field',
] as const;
export const reasons = [
  'fixed',
  'split',
  'bandit',
  'recommend',
  'holdout',
  'no_trigger',
  'capped',
  'no_consent',
  'layer',
  'schedule',
  'expired',
  'killed',
  'unverified',
] as const;
export const levels = ['none', 'session', 'device', 'account'] as const;
export const types = ['bool', 'number', 'string', 'set', 'time'] as const;
export const sources = ['request', 'profile', 'page'] as const;
export const channels = ['page', 'email', 'app', 'popup'] as const;
export const refreshes = ['navigation', 'live'] as const;
export const partKinds = ['text', 'image', 'link', 'offer'] as const;
export const inputKinds = ['attribute', 'feature', 'segment', 'journey', 'now', 'field'] as const;
export const outlooks = ['unmet', 'stopped', 'eligible', 'won'] as const;
export const observed = ['counted', 'repeated'] as const;
export const exposed = ['counted', 'repeated', 'not_measured'] as const;
// From 1: a class of 0 is no class.
export const recordClasses = ['signal', 'exposure', 'driver', 'goal'] as const;
