// Generated from the C++ headers by wasm/abi.mjs; a test fails where they differ.
export const abiNumber = 3;
export const imageAbi = 2;
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
export const nameSizeBytesMax = 128;
export const signatureCountMax = 16;
export const browserBatchSizeBytesMax = 49152;
export const cookieSnapshotSizeBytesMax = 1500;
export const sessionCountMax = 65536;
export const payloadType = 'application/vnd.heed.ruleset.v1';
export const headData = 0;
export const headBuffer = 4;
export const headBufferSize = 8;
export const headWhere = 16;
export const headSegment = 24;
export const headStage = 28;
export const headSize = 32;
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
export const winnerSlot = 0;
export const winnerTrigger = 4;
export const winnerProbability = 8;
export const winnerOptions = 16;
export const winnerPartCount = 24;
export const winnerHeldOut = 25;
export const winnerReason = 26;
export const winnerSize = 32;
export const openedHash = 0;
export const openedVersion = 8;
export const openedExpires = 16;
export const openedSize = 24;
export const kindAbsent = 0;
export const kindBoolean = 1;
export const kindNumber = 2;
export const kindString = 3;
export const kindSet = 4;
export const kindTime = 5;
export const columnCount = 94;
export const columnStringLength = 0;
export const columnStringShared = 1;
export const columnStringBytes = 2;
export const columnNumber = 3;
export const columnSiteName = 4;
export const columnSiteCurrency = 5;
export const columnSiteTimeZone = 6;
export const columnSiteHoldout = 7;
export const columnSiteHoldoutSalt = 8;
export const columnSiteJourney = 9;
export const columnSiteConsentCookie = 10;
export const columnSiteConsentDefault = 11;
export const columnSiteConsentGpc = 12;
export const columnGrantName = 13;
export const columnGrantLevel = 14;
export const columnAttributeName = 15;
export const columnAttributeType = 16;
export const columnAttributeSource = 17;
export const columnAttributeDefault = 18;
export const columnSignalName = 19;
export const columnSignalFieldCount = 20;
export const columnFieldName = 21;
export const columnFieldType = 22;
export const columnFeatureName = 23;
export const columnFeatureKind = 24;
export const columnFeatureSignal = 25;
export const columnFeatureField = 26;
export const columnFeatureWindowMs = 27;
export const columnFeatureHalfLifeMs = 28;
export const columnFeatureWhere = 29;
export const columnSegmentName = 30;
export const columnSegmentCondition = 31;
export const columnJourneyName = 32;
export const columnJourneyStageCount = 33;
export const columnStageName = 34;
export const columnStageCondition = 35;
export const columnStageSticky = 36;
export const columnMicroSegment = 37;
export const columnSlotName = 38;
export const columnSlotChannel = 39;
export const columnSlotFallback = 40;
export const columnSlotRefresh = 41;
export const columnAssetName = 42;
export const columnAssetKind = 43;
export const columnAssetPropCount = 44;
export const columnPropKey = 45;
export const columnPropValue = 46;
export const columnMetricName = 47;
export const columnMetricSignal = 48;
export const columnMetricValue = 49;
export const columnMetricGoal = 50;
export const columnMetricBounty = 51;
export const columnMetricWindowMs = 52;
export const columnLayerName = 53;
export const columnLayerSalt = 54;
export const columnCampaignName = 55;
export const columnCampaignCapTimes = 56;
export const columnCampaignCapPerMs = 57;
export const columnInputKind = 58;
export const columnInputRow = 59;
export const columnPredicateInput = 60;
export const columnPredicateOp = 61;
export const columnPredicateOperandCount = 62;
export const columnOperand = 63;
export const columnProgramSize = 64;
export const columnProgramBytes = 65;
export const columnConditionTermCount = 66;
export const columnTermPredicateCount = 67;
export const columnReference = 68;
export const columnTriggerName = 69;
export const columnTriggerSlot = 70;
export const columnTriggerPriority = 71;
export const columnTriggerCondition = 72;
export const columnTriggerLayer = 73;
export const columnTriggerRangeFrom = 74;
export const columnTriggerRangeUntil = 75;
export const columnTriggerFromMs = 76;
export const columnTriggerUntilMs = 77;
export const columnTriggerHoldout = 78;
export const columnTriggerSalt = 79;
export const columnTriggerCapTimes = 80;
export const columnTriggerCapPerMs = 81;
export const columnTriggerCampaign = 82;
export const columnTriggerPolicy = 83;
export const columnTriggerTemplate = 84;
export const columnTriggerHash = 85;
export const columnTriggerContent = 86;
export const columnContentPartCount = 87;
export const columnPartName = 88;
export const columnPartKind = 89;
export const columnPartOptionCount = 90;
export const columnOptionName = 91;
export const columnOptionAsset = 92;
export const columnOptionUpper = 93;
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
