package io.ntk.tcp.chat.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.chat.client.ReceivedMessage.Place;
import org.junit.jupiter.api.Test;

class ReceivedMessageTest {
    @Test
    void hasThePlaceOfANumberedMessage() {
        assertThat(ReceivedMessage.parse("{\"v\":1,\"time\":\"2026-11-21T14:32:47.123Z\",\"run\":\"5f0c\",\"seq\":7,"
                        + "\"room\":\"tea\",\"type\":\"message\",\"from\":\"ann\",\"text\":\"hi\"}"))
                .isEqualTo(new ReceivedMessage(
                        "message", "2026-11-21T14:32:47.123Z", new Place("5f0c", "tea", 7), "tea", "ann", "hi", 0));
    }

    @Test
    void hasNoPlaceWithoutNumberAndACountWhereSomeWereSkipped() {
        assertThat(ReceivedMessage.parse("{\"type\":\"skipped\",\"room\":\"tea\",\"count\":37,\"firstSeq\":3}"))
                .isEqualTo(new ReceivedMessage("skipped", "", null, "tea", "", "", 37));
    }

    @Test
    void isNothingWithoutAType() {
        assertThat(ReceivedMessage.parse("{\"text\":\"hi\"}")).isNull();
        assertThat(ReceivedMessage.parse("{\"type\":1}")).isNull();
        assertThat(ReceivedMessage.parse("[14:32:47] <ann> {\"type\":\"message\"}"))
                .isNull();
    }

    @Test
    void takesFieldsOfOtherTypesForMissing() {
        assertThat(ReceivedMessage.parse("{\"type\":\"message\",\"seq\":\"7\",\"text\":7,\"count\":1.5,\"from\":null}"))
                .isEqualTo(new ReceivedMessage("message", "", null, "", "", "", 0));
    }
}
