// Generated from the C++ headers by wasm/abi.mjs; a test fails where they differ.
export const abiNumber = 3;
export const imageAbi = 3;
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
export const columnCount = 97;
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
export const columnFeatureOther = 30;
export const columnFeatureOtherField = 31;
export const columnFeatureOtherWhere = 32;
export const columnSegmentName = 33;
export const columnSegmentCondition = 34;
export const columnJourneyName = 35;
export const columnJourneyStageCount = 36;
export const columnStageName = 37;
export const columnStageCondition = 38;
export const columnStageSticky = 39;
export const columnMicroSegment = 40;
export const columnSlotName = 41;
export const columnSlotChannel = 42;
export const columnSlotFallback = 43;
export const columnSlotRefresh = 44;
export const columnAssetName = 45;
export const columnAssetKind = 46;
export const columnAssetPropCount = 47;
export const columnPropKey = 48;
export const columnPropValue = 49;
export const columnMetricName = 50;
export const columnMetricSignal = 51;
export const columnMetricValue = 52;
export const columnMetricGoal = 53;
export const columnMetricBounty = 54;
export const columnMetricWindowMs = 55;
export const columnLayerName = 56;
export const columnLayerSalt = 57;
export const columnCampaignName = 58;
export const columnCampaignCapTimes = 59;
export const columnCampaignCapPerMs = 60;
export const columnInputKind = 61;
export const columnInputRow = 62;
export const columnPredicateInput = 63;
export const columnPredicateOp = 64;
export const columnPredicateOperandCount = 65;
export const columnOperand = 66;
export const columnProgramSize = 67;
export const columnProgramBytes = 68;
export const columnConditionTermCount = 69;
export const columnTermPredicateCount = 70;
export const columnReference = 71;
export const columnTriggerName = 72;
export const columnTriggerSlot = 73;
export const columnTriggerPriority = 74;
export const columnTriggerCondition = 75;
export const columnTriggerLayer = 76;
export const columnTriggerRangeFrom = 77;
export const columnTriggerRangeUntil = 78;
export const columnTriggerFromMs = 79;
export const columnTriggerUntilMs = 80;
export const columnTriggerHoldout = 81;
export const columnTriggerSalt = 82;
export const columnTriggerCapTimes = 83;
export const columnTriggerCapPerMs = 84;
export const columnTriggerCampaign = 85;
export const columnTriggerPolicy = 86;
export const columnTriggerTemplate = 87;
export const columnTriggerHash = 88;
export const columnTriggerContent = 89;
export const columnContentPartCount = 90;
export const columnPartName = 91;
export const columnPartKind = 92;
export const columnPartOptionCount = 93;
export const columnOptionName = 94;
export const columnOptionAsset = 95;
export const columnOptionUpper = 96;
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
