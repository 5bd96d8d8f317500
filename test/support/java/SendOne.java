import java.nio.charset.StandardCharsets;
import org.apache.rocketmq.client.apis.ClientConfiguration;
import org.apache.rocketmq.client.apis.ClientServiceProvider;
import org.apache.rocketmq.client.apis.producer.Producer;

/** Sends one message as a shop's own system would: java SendOne.java ENDPOINT TOPIC KEY BODY. */
public final class SendOne {
    public static void main(String[] args) throws Exception {
        ClientServiceProvider provider = ClientServiceProvider.loadService();
        ClientConfiguration configuration =
                ClientConfiguration.newBuilder().setEndpoints(args[0]).enableSsl(false).build();
        try (Producer producer = provider.newProducerBuilder()
                .setClientConfiguration(configuration)
                .setTopics(args[1])
                .build()) {
            producer.send(provider.newMessageBuilder()
                    .setTopic(args[1])
                    .setKeys(args[2])
                    .setBody(args[3].getBytes(StandardCharsets.UTF_8))
                    .build());
        }
        System.out.println("sent");
        System.exit(0);
    }
}
