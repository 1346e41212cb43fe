// Generated from the C++ headers by wasm/abi.mjs; a test fails where they differ.
export const abiNumber = 4;
export const imageAbi = 4;
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
export const entryId = 0;
export const entryKind = 4;
export const entryNumber = 8;
export const entrySize = 16;
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
export const kindNamed = 6;
export const columnCount = 110;
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
export const columnSiteCapTimes = 13;
export const columnSiteCapPerMs = 14;
export const columnSiteCapSession = 15;
export const columnSiteCapCoolDownMs = 16;
export const columnGrantName = 17;
export const columnGrantLevel = 18;
export const columnAttributeName = 19;
export const columnAttributeType = 20;
export const columnAttributeSource = 21;
export const columnAttributeDefault = 22;
export const columnSignalName = 23;
export const columnSignalFieldCount = 24;
export const columnFieldName = 25;
export const columnFieldType = 26;
export const columnFeatureName = 27;
export const columnFeatureKind = 28;
export const columnFeatureSignal = 29;
export const columnFeatureField = 30;
export const columnFeatureWindowMs = 31;
export const columnFeatureHalfLifeMs = 32;
export const columnFeatureWhere = 33;
export const columnFeatureOther = 34;
export const columnFeatureOtherField = 35;
export const columnFeatureOtherWhere = 36;
export const columnSegmentName = 37;
export const columnSegmentCondition = 38;
export const columnJourneyName = 39;
export const columnJourneyStageCount = 40;
export const columnStageName = 41;
export const columnStageCondition = 42;
export const columnStageSticky = 43;
export const columnMicroSegment = 44;
export const columnMicroValueCell = 45;
export const columnMicroValueAmount = 46;
export const columnSlotName = 47;
export const columnSlotChannel = 48;
export const columnSlotFallback = 49;
export const columnSlotRefresh = 50;
export const columnAssetName = 51;
export const columnAssetKind = 52;
export const columnAssetPropCount = 53;
export const columnPropKey = 54;
export const columnPropValue = 55;
export const columnMetricName = 56;
export const columnMetricSignal = 57;
export const columnMetricValue = 58;
export const columnMetricGoal = 59;
export const columnMetricBounty = 60;
export const columnMetricWindowMs = 61;
export const columnLayerName = 62;
export const columnLayerSalt = 63;
export const columnCampaignName = 64;
export const columnCampaignCapTimes = 65;
export const columnCampaignCapPerMs = 66;
export const columnCampaignCapSession = 67;
export const columnCampaignCapCoolDownMs = 68;
export const columnInputKind = 69;
export const columnInputRow = 70;
export const columnPredicateInput = 71;
export const columnPredicateOp = 72;
export const columnPredicateOperandCount = 73;
export const columnOperand = 74;
export const columnProgramSize = 75;
export const columnProgramBytes = 76;
export const columnConditionTermCount = 77;
export const columnTermPredicateCount = 78;
export const columnReference = 79;
export const columnTriggerName = 80;
export const columnTriggerSlot = 81;
export const columnTriggerPriority = 82;
export const columnTriggerCondition = 83;
export const columnTriggerLayer = 84;
export const columnTriggerRangeFrom = 85;
export const columnTriggerRangeUntil = 86;
export const columnTriggerFromMs = 87;
export const columnTriggerUntilMs = 88;
export const columnTriggerHoldout = 89;
export const columnTriggerSalt = 90;
export const columnTriggerCapTimes = 91;
export const columnTriggerCapPerMs = 92;
export const columnTriggerCapSession = 93;
export const columnTriggerCapCoolDownMs = 94;
export const columnTriggerCampaign = 95;
export const columnTriggerPolicy = 96;
export const columnTriggerTemplate = 97;
export const columnTriggerHash = 98;
export const columnTriggerContent = 99;
export const columnTriggerValueCount = 100;
export const columnTriggerValueCell = 101;
export const columnTriggerValueAmount = 102;
export const columnContentPartCount = 103;
export const columnPartName = 104;
export const columnPartKind = 105;
export const columnPartOptionCount = 106;
export const columnOptionName = 107;
export const columnOptionAsset = 108;
export const columnOptionUpper = 109;
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
export const capLimits = ['times', 'session', 'cool_down'] as const;
// From 1: a class of 0 is no class.
export const recordClasses = ['signal', 'exposure', 'driver', 'goal'] as const;
